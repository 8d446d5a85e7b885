package io.trestle.examples.orderflow.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.examples.orderflow.shipping.Shipping;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * The part of the demo that comes after the orders: waits until all events are handled or dead,
 * shows the dead letters of shipping, mends what they died of, replays them, and waits again. All
 * of it by means that people have too: admin procedures, and looks into the tables of the services.
 */
final class EventTour {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final long LOOK_EVERY_MILLIS = 25;
  private static final int SHOWN = 3;
  private static final String CONSUMER = "shipping";

  private final AdminApi admin;
  private final Databases databases;
  private final StorefrontClient storefront;
  private final PrintStream out;

  EventTour(AdminApi admin, Databases databases, StorefrontClient storefront, PrintStream out) {
    this.admin = admin;
    this.databases = databases;
    this.storefront = storefront;
    this.out = out;
  }

  /** Goes through it, and reads what there is in the end. */
  EventFindings go(List<Outcome> outcomes) throws InterruptedException {
    List<String> orderIds = outcomes.stream().map(outcome -> outcome.order().id()).toList();
    awaitHandled();
    List<DeadLetters.Letter> found = letters(orderIds);
    long replayed = found.isEmpty() ? 0 : mendAndReplay(found);
    List<String> left = letters(orderIds).stream().map(DeadLetters.Letter::orderId).toList();
    JsonNode outbox = storefront.stats().path("outbox");
    return new EventFindings(
        outcomes,
        databases.events(orderIds),
        new DeadLetters(found, replayed, left),
        outbox.path("pending").asLong(),
        outbox.path("failed").asLong());
  }

  private long mendAndReplay(List<DeadLetters.Letter> found) throws InterruptedException {
    out.println("dead letters of shipping: %d, the newest:".formatted(found.size()));
    found.stream().limit(SHOWN).forEach(letter -> out.println("  " + text(letter)));
    admin.publish("storefront", Shipping.PAGE_FOUND, Map.of("page", Shipping.MISSING_PAGE));
    await("shipping has its page", () -> databases.pageFound(Shipping.MISSING_PAGE));
    out.println(
        "published %s: shipping has page %s of its address book now"
            .formatted(Shipping.PAGE_FOUND, Shipping.MISSING_PAGE));
    long replayed = admin.replayDeadLetters(CONSUMER);
    out.println("replayed %d dead letters".formatted(replayed));
    awaitHandled();
    return replayed;
  }

  private static String text(DeadLetters.Letter letter) {
    return "order.placed of %s, %s after %d attempts: %s"
        .formatted(letter.orderId(), letter.reason(), letter.attempts(), letter.lastError());
  }

  /** An event is in the outbox until the runtime has it, and pending from then on. */
  private void awaitHandled() throws InterruptedException {
    await(
        "the outbox is empty",
        () -> storefront.stats().path("outbox").path("pending").asLong() == 0);
    await("all events are handled or dead", () -> admin.pendingEvents() == 0);
  }

  /** If it does not come, the verdict says what is missing. */
  private void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        out.println("given up after %d s: until %s".formatted(LIMIT.toSeconds(), what));
        return;
      }
      Thread.sleep(LOOK_EVERY_MILLIS);
    }
  }

  /** Those of the fed orders; of which order a letter is, shipping has noted. */
  private List<DeadLetters.Letter> letters(List<String> orderIds) {
    Map<String, String> orderOf =
        databases.events(orderIds).arrivals().stream()
            .collect(
                Collectors.toMap(
                    EventTables.Arrival::eventId, EventTables.Arrival::orderId, (one, two) -> one));
    return admin.deadLetters(CONSUMER).stream()
        .filter(letter -> orderOf.containsKey(letter.path("eventId").asText()))
        .map(letter -> letter(letter, orderOf))
        .toList();
  }

  private static DeadLetters.Letter letter(JsonNode letter, Map<String, String> orderOf) {
    return new DeadLetters.Letter(
        Objects.requireNonNull(orderOf.get(letter.path("eventId").asText())),
        letter.path("reason").asText(),
        letter.path("totalAttempts").asInt(),
        letter.path("lastError").asText());
  }
}
