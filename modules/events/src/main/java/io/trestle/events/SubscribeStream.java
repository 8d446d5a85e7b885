package io.trestle.events;

import io.trestle.conversations.Events;
import io.trestle.conversations.Events.Alive;
import io.trestle.conversations.Events.Answer;
import io.trestle.conversations.Events.Answers;
import io.trestle.conversations.Events.Closed;
import io.trestle.conversations.Events.Deliveries;
import io.trestle.conversations.Events.Delivery;
import io.trestle.conversations.Events.End;
import io.trestle.conversations.Events.Heard;
import io.trestle.conversations.Events.Open;
import io.trestle.conversations.Refused;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.kernel.gateway.MethodHandler.Inbound;
import io.trestle.kernel.gateway.MethodHandler.Outbound;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.UuidText;
import io.trestle.protocol.v1.Ack;
import io.trestle.protocol.v1.Nack;
import io.trestle.protocol.v1.SubscribeClientMessage;
import io.trestle.protocol.v1.SubscribeInit;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One open Subscribe stream. Answers that arrive in one turn of the event loop go to the owner
 * together. Thread: the event loop of the connection.
 */
final class SubscribeStream implements Inbound<SubscribeClientMessage> {
  private static final int ERROR_CHARS = 4_096;
  private static final int ANSWERS_AT_A_TIME = 1_024;

  /** How long a connection may take to answer before another may take its place (6.1.3). */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final ModuleContext house;
  private final Call call;
  private final Outbound<Delivery> out;
  private final UUID key;
  private final Context context;
  private final List<Bus.Registration> answerers = new ArrayList<>();
  private List<Answer> answers = new ArrayList<>();
  private boolean flushing;

  /** One goes when the transport took the one before: a burst must not be held twice. */
  private Future<Void> sending = Future.succeededFuture();

  private boolean begun;
  private boolean opened;
  private boolean over;

  SubscribeStream(ModuleContext house, Call call, Outbound<Delivery> out) {
    this.house = house;
    this.call = call;
    this.out = out;
    this.key = house.ids().next();
    this.context = house.vertx().getOrCreateContext();
    call.aborted().onComplete(v -> gone());
  }

  @Override
  public Future<Void> message(SubscribeClientMessage message) {
    if (over) {
      return Future.succeededFuture();
    }
    if (!begun) {
      begun = true;
      return begin(message);
    }
    return switch (message.getKindCase()) {
      case ACK -> answer(answer(message.getAck()));
      case NACK -> answer(answer(message.getNack()));
      default -> refuse("the first message opens the stream, the others answer deliveries");
    };
  }

  private Future<Void> refuse(String why) {
    fail(GrpcFailure.of(StatusCode.INVALID_ARGUMENT, why));
    return Future.succeededFuture();
  }

  private Future<Void> begin(SubscribeClientMessage message) {
    if (!message.hasInit()) {
      return refuse("first message: " + message.getKindCase() + " (expected: INIT)");
    }
    answerers.add(house.bus().answer(Events.DELIVER, key.toString(), this::deliver));
    answerers.add(house.bus().answer(Events.END, key.toString(), this::end));
    answerers.add(
        house
            .bus()
            .answer(Events.PROBE, key.toString(), q -> call.probe(PATIENCE).map(Alive::new)));
    SubscribeInit init = message.getInit();
    Open question =
        new Open(key, call.caller().serviceId(), call.caller().instanceId(), init.getMaxInFlight());
    return house
        .bus()
        .request(Events.OPEN, question)
        .transform(
            done -> {
              if (done.failed()) {
                fail(status(done.cause()));
              } else {
                opened = true;
                tellIfOver();
              }
              return Future.succeededFuture();
            });
  }

  private static GrpcFailure status(Throwable cause) {
    return cause instanceof Refused refused
        ? GrpcFailure.of(
            StatusCode.of(refused.reason().number()), String.valueOf(refused.getMessage()))
        : GrpcFailure.of(StatusCode.UNAVAILABLE, "events are not available");
  }

  // ---- answers

  private @Nullable Answer answer(Ack ack) {
    UUID id = delivery(ack.getDeliveryId());
    return id == null ? null : new Events.Ack(id, ack.getLeaseToken());
  }

  private @Nullable Answer answer(Nack nack) {
    UUID id = delivery(nack.getDeliveryId());
    return id == null
        ? null
        : new Events.Nack(
            id,
            nack.getLeaseToken(),
            clipped(nack.getErrorMessage()),
            nack.getRetryAfterMs() > 0 ? nack.getRetryAfterMs() : -1,
            nack.getReject());
  }

  private static @Nullable UUID delivery(String id) {
    return UuidText.parse(id).map(UUID::fromString).orElse(null);
  }

  /** PostgreSQL takes no U+0000 in a text. */
  private static String clipped(String error) {
    String shown = error.length() <= ERROR_CHARS ? error : error.substring(0, ERROR_CHARS);
    return shown.replace('\0', '\uFFFD');
  }

  /** What is not an answer to anything is ignored (events.md 6.5.3). */
  private Future<Void> answer(@Nullable Answer answer) {
    if (answer == null) {
      return Future.succeededFuture();
    }
    answers.add(answer);
    if (!flushing) {
      flushing = true;
      context.runOnContext(v -> flush());
    }
    return answers.size() < ANSWERS_AT_A_TIME ? Future.succeededFuture() : flush();
  }

  private Future<Void> flush() {
    flushing = false;
    if (answers.isEmpty() || over) {
      return Future.succeededFuture();
    }
    List<Answer> batch = answers;
    answers = new ArrayList<>();
    return house
        .bus()
        .request(
            Events.ANSWER,
            new Answers(key, call.caller().serviceId(), call.caller().instanceId(), batch))
        .transform(v -> Future.succeededFuture());
  }

  // ---- deliveries

  private Future<Heard> deliver(Deliveries deliveries) {
    if (over) {
      return Future.failedFuture(Refused.of(Refused.Reason.CANCELLED, "the stream is over"));
    }
    for (Delivery delivery : deliveries.deliveries()) {
      sending = sending.compose(v -> out.send(delivery));
    }
    return sending.map(v -> new Heard());
  }

  // ---- ends

  /** No more deliveries; what is under way may be answered until the call is cancelled. */
  @Override
  public void halfClosed() {
    if (opened && !over) {
      tell(false);
    }
  }

  private Future<Heard> end(End end) {
    fail(GrpcFailure.of(StatusCode.of(end.number()), end.text()));
    return Future.succeededFuture(new Heard());
  }

  private void fail(GrpcFailure failure) {
    if (!over) {
      out.fail(failure);
      gone();
    }
  }

  private void gone() {
    if (!over) {
      flush();
      over = true;
      answerers.forEach(Bus.Registration::close);
      tellIfOver();
    }
  }

  private void tellIfOver() {
    if (over && opened) {
      tell(true);
    }
  }

  private void tell(boolean gone) {
    house
        .bus()
        .request(Events.CLOSED, new Closed(key, call.caller().instanceId(), gone))
        .onFailure(e -> {}); // the owner is gone too
  }
}
