package io.trestle.examples.orderflow.storefront;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Order;
import io.trestle.examples.orderflow.orders.Picking;
import io.trestle.examples.orderflow.v1.ChargeReply;
import io.trestle.examples.orderflow.v1.ChargeRequest;
import io.trestle.examples.orderflow.v1.PickProgress;
import io.trestle.examples.orderflow.v1.PickRequest;
import io.trestle.examples.orderflow.v1.ReleaseReply;
import io.trestle.examples.orderflow.v1.ReleaseRequest;
import io.trestle.examples.orderflow.v1.ReserveReply;
import io.trestle.examples.orderflow.v1.ReserveRequest;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.Transport;
import io.trestle.sdk.protobuf.ProtobufRpc;
import io.trestle.sdk.protobuf.TypedSchema;
import io.trestle.testing.RecordedCall;
import io.trestle.testing.TestBridge;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The desk on a bridge without network; the other services are answered for. */
class OrderDeskTest {
  private static final Order ORDER =
      new Order(
          "o-1",
          "Ada",
          "tok-4242",
          List.of(new Order.Item("mug", 2), new Order.Item("tea", 1)),
          Optional.empty());

  private final TestBridge test = TestBridge.create();
  private final CallBook book = new CallBook();
  private final OrderDesk desk =
      new OrderDesk(test.bridge(), book, new Repetition(Duration.ZERO, () -> 0, pause -> {}));

  @BeforeEach
  void start() {
    respond(
        "inventory",
        "reserve",
        ReserveRequest.class,
        ReserveReply.class,
        (request, context) ->
            ReserveReply.newBuilder().setReservationId("r-7").setTotalCents(500).build());
    respond(
        "payments",
        "charge",
        ChargeRequest.class,
        ChargeReply.class,
        (request, context) -> ChargeReply.newBuilder().setChargeId("ch-1").build());
    test.start();
  }

  @AfterEach
  void stop() {
    test.close();
  }

  @Test
  void place_charged_isWatchedBeingPicked() {
    pick(
        (request, context, out) -> {
          out.send(progress(1));
          out.send(progress(2));
        });

    assertThat(desk.place(ORDER))
        .isEqualTo(new Placed("o-1", End.COMPLETED, 500, "ch-1", 0, false, Picking.COMPLETE, ""));
    assertThat(book.json().path("streams").path(0).path("chunks").asInt()).isEqualTo(2);
  }

  @Test
  void place_streamBreaks_orderIsCompletedAllTheSame() {
    pick(
        (request, context, out) -> {
          out.send(progress(1));
          throw new HandlerException("SHELF_EMPTY", "the mug is gone");
        });

    Placed placed = desk.place(ORDER);

    assertThat(placed.end()).isEqualTo(End.COMPLETED);
    assertThat(placed.picking()).isEqualTo(Picking.FAILED);
    assertThat(book.json().path("broken_streams").toString())
        .isEqualTo("{\"inventory/pick SHELF_EMPTY\":1}");
    assertThat(book.json().path("streams")).isEmpty();
  }

  @Test
  void place_streamEndsTooEarly_isBrokenToo() {
    pick((request, context, out) -> out.send(progress(1)));

    assertThat(desk.place(ORDER).picking()).isEqualTo(Picking.FAILED);
    assertThat(book.json().path("broken_streams").toString())
        .isEqualTo("{\"inventory/pick INCOMPLETE\":1}");
  }

  @Test
  void place_declined_releasesThroughTheRuntimeWithTheKeyOfTheReservation() {
    respond(
        "payments",
        "charge",
        ChargeRequest.class,
        ChargeReply.class,
        (request, context) -> {
          throw new HandlerException("CARD_DECLINED", "no");
        });
    respond(
        "inventory",
        "release",
        ReleaseRequest.class,
        ReleaseReply.class,
        (request, context) -> ReleaseReply.getDefaultInstance());

    Placed placed = desk.place(ORDER);

    assertThat(placed.end()).isEqualTo(End.DECLINED);
    assertThat(placed.picking()).isEqualTo(Picking.NONE);
    RecordedCall release = test.calls().get(2);
    assertThat(release.method()).isEqualTo("release");
    assertThat(release.options().idempotencyKey()).isEqualTo("release-r-7");
    assertThat(release.options().transport()).isEqualTo(Transport.PROXY);
  }

  private <Q extends Message, R extends Message> void respond(
      String service,
      String method,
      Class<Q> requests,
      Class<R> replies,
      ProtobufRpc.Handler<Q, R> answer) {
    test.respond(service, method, TypedSchema.of(requests, replies), answer);
  }

  private void pick(ProtobufRpc.StreamHandler<PickRequest, PickProgress> answer) {
    test.respondStream(
        "inventory", "pick", TypedSchema.of(PickRequest.class, PickProgress.class), answer);
  }

  private static PickProgress progress(int position) {
    return PickProgress.newBuilder().setPosition(position).setOf(2).build();
  }
}
