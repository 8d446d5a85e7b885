package io.trestle.sdk.outbox;

import io.trestle.protocol.UuidV7;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.outbox.PublishVerdict.Status;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/**
 * Delivers to a list, as the runtime would: an id that it has is a duplicate. What it says to an
 * event can be chosen, and whether there is a session.
 */
public final class FakeCourier implements EventCourier {
  private final UuidV7 ids =
      new UuidV7(System::currentTimeMillis, () -> ThreadLocalRandom.current().nextLong());
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final List<List<String>> requests = new CopyOnWriteArrayList<>();
  private final List<PreparedEvent> stored = new ArrayList<>();
  private final Set<String> known = new HashSet<>();
  private volatile boolean connected;
  private volatile boolean failing;
  private volatile boolean silent;
  private volatile boolean throwing;
  private volatile Function<String, Status> verdict = text -> Status.ACCEPTED;

  /** An event type of texts. */
  public static EventType<byte[]> type(String name) {
    return new Type(name);
  }

  private record Type(String name) implements EventType<byte[]> {
    @Override
    public EventSchema<byte[]> schema() {
      return EventSchema.RAW;
    }

    @Override
    public String publish(byte[] payload, PublishOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<String> publishAsync(byte[] payload, PublishOptions options) {
      throw new UnsupportedOperationException();
    }
  }

  /** Begins a session. */
  public void connect() {
    connected = true;
    listeners.forEach(Runnable::run);
  }

  /** Ends it. */
  public void disconnect() {
    connected = false;
  }

  /** Whether requests stay without answer. */
  public void fail(boolean now) {
    failing = now;
  }

  /** Whether sending throws. */
  public void throwing(boolean now) {
    throwing = now;
  }

  /** Whether requests are never answered. */
  public void keepSilent(boolean now) {
    silent = now;
  }

  /** What is said to an event with this text. */
  public void say(Function<String, Status> chosen) {
    verdict = chosen;
  }

  /** Texts of each request, also of those without answer. */
  public List<List<String>> requests() {
    return List.copyOf(requests);
  }

  /** What the runtime has. */
  public synchronized List<PreparedEvent> stored() {
    return List.copyOf(stored);
  }

  /** Texts of what the runtime has. */
  public List<String> texts() {
    return stored().stream().map(FakeCourier::text).toList();
  }

  private static String text(PreparedEvent event) {
    return new String(event.payload(), StandardCharsets.UTF_8);
  }

  @Override
  public <T> PreparedEvent prepare(EventType<T> type, T payload, PublishOptions options) {
    EventSchema.Encoded encoded = type.schema().encode(payload);
    return new PreparedEvent(
        ids.nextText(),
        type.name(),
        encoded.payload(),
        encoded.jsonView(),
        type.schema().contractHash(),
        options.partitionKey(),
        options.idempotencyKey(),
        options.headers(),
        System.currentTimeMillis(),
        "");
  }

  @Override
  public boolean connected() {
    return connected;
  }

  @Override
  public void onConnected(Runnable listener) {
    listeners.add(listener);
  }

  @Override
  public CompletableFuture<List<PublishVerdict>> send(List<PreparedEvent> events) {
    requests.add(events.stream().map(FakeCourier::text).toList());
    if (throwing) {
      throw new IllegalStateException("a fault of the courier");
    }
    if (silent) {
      return new CompletableFuture<>();
    }
    return failing
        ? CompletableFuture.failedFuture(new ConnectionException("the runtime is away", 14, null))
        : CompletableFuture.completedFuture(events.stream().map(this::judge).toList());
  }

  private synchronized PublishVerdict judge(PreparedEvent event) {
    Status status = verdict.apply(text(event));
    if (status == Status.ACCEPTED && !known.add(event.id())) {
      status = Status.DUPLICATE;
    } else if (status == Status.ACCEPTED) {
      stored.add(event);
    }
    return new PublishVerdict(status, status.stored() ? "" : "said so");
  }
}
