package io.trestle.examples.orderflow.storefront;

import com.google.protobuf.Message;
import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Order;
import io.trestle.examples.orderflow.orders.Picking;
import io.trestle.examples.orderflow.v1.ChargeReply;
import io.trestle.examples.orderflow.v1.ChargeRequest;
import io.trestle.examples.orderflow.v1.Item;
import io.trestle.examples.orderflow.v1.ReleaseReply;
import io.trestle.examples.orderflow.v1.ReleaseRequest;
import io.trestle.examples.orderflow.v1.ReserveReply;
import io.trestle.examples.orderflow.v1.ReserveRequest;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.sdk.protobuf.ProtobufRpc;

/**
 * Takes one order to its end: reserve, charge, and watch it being picked, or give back what was
 * reserved when the card is declined. Stateless; any number of threads.
 */
final class OrderDesk {
  private final CallBook book;
  private final Repetition repetition;
  private final Remote<ReserveRequest, ReserveReply> reserve;
  private final Remote<ChargeRequest, ChargeReply> charge;
  private final Remote<ReleaseRequest, ReleaseReply> release;
  private final PickWatch picking;

  /** On a bridge that is not started yet: it is told what is used. */
  OrderDesk(ServiceBridge bridge, CallBook book, Repetition repetition) {
    this.book = book;
    this.repetition = repetition;
    bridge.service("inventory", ServiceDeps.rpc("reserve", "release", "pick"));
    bridge.service("payments", ServiceDeps.rpc("charge"));
    ProtobufRpc rpc = ProtobufRpc.of(bridge);
    this.reserve =
        new Remote<>(
            rpc,
            "inventory",
            "reserve",
            ReserveRequest.class,
            ReserveReply.class,
            ReserveReply::getServed,
            book);
    this.charge =
        new Remote<>(
            rpc,
            "payments",
            "charge",
            ChargeRequest.class,
            ChargeReply.class,
            ChargeReply::getServed,
            book);
    this.release =
        new Remote<>(
            rpc,
            "inventory",
            "release",
            ReleaseRequest.class,
            ReleaseReply.class,
            ReleaseReply::getServed,
            book);
    this.picking = new PickWatch(rpc, book);
  }

  /** Takes an order to its end. Blocks. */
  Placed place(Order order) {
    Attempts attempts = new Attempts(order.id());
    try {
      return charge(order, attempts.make(reserve, reservation(order)), attempts);
    } catch (HandlerException e) {
      End end = e.handlerCode().equals("OUT_OF_STOCK") ? End.OUT_OF_STOCK : End.FAILED;
      return attempts.ended(end, e);
    } catch (ServiceBridgeException e) {
      return attempts.ended(End.FAILED, e);
    }
  }

  private Placed charge(Order order, ReserveReply reserved, Attempts attempts) {
    long total = reserved.getTotalCents();
    ChargeRequest request =
        ChargeRequest.newBuilder()
            .setOrderId(order.id())
            .setCard(order.card())
            .setAmountCents(total)
            .build();
    try {
      String made = attempts.make(charge, request).getChargeId();
      return attempts.completed(total, made, false, "");
    } catch (HandlerException e) {
      return switch (e.handlerCode()) {
        case "ALREADY_CHARGED" -> attempts.completed(total, "", true, reason(e));
        case "CARD_DECLINED" -> {
          release(order, reserved.getReservationId(), attempts);
          yield attempts.ended(End.DECLINED, e);
        }
        default -> attempts.ended(End.FAILED, e);
      };
    }
  }

  /**
   * A release that is repeated runs once: the runtime keeps the first reply to an idempotency key
   * for five minutes and answers with it. It does so for calls that go through it, so this one
   * does. The key names what is to happen once, a reservation: the order, placed again, has another
   * one.
   */
  private void release(Order order, String reservationId, Attempts attempts) {
    attempts.make(
        release,
        ReleaseRequest.newBuilder().setOrderId(order.id()).build(),
        CallOptions.DEFAULT
            .withTransport(Transport.PROXY)
            .withIdempotencyKey("release-" + reservationId));
  }

  private static ReserveRequest reservation(Order order) {
    ReserveRequest.Builder request = ReserveRequest.newBuilder().setOrderId(order.id());
    for (Order.Item item : order.items()) {
      request.addItems(Item.newBuilder().setSku(item.sku()).setQuantity(item.quantity()));
    }
    return request.build();
  }

  private static String reason(ServiceBridgeException e) {
    return Remote.code(e) + ": " + e.getMessage();
  }

  /** The calls of one order. */
  private final class Attempts {
    private final String orderId;
    private int repeats;

    Attempts(String orderId) {
      this.orderId = orderId;
    }

    <Q extends Message, R extends Message> R make(Remote<Q, R> remote, Q request) {
      return make(remote, request, CallOptions.DEFAULT);
    }

    <Q extends Message, R extends Message> R make(
        Remote<Q, R> remote, Q request, CallOptions options) {
      return repetition.untilKnown(
          () -> remote.call(request, orderId, options), because -> repeat());
    }

    Placed completed(long total, String chargeId, boolean chargedBefore, String reason) {
      Picking picked = picking.watch(orderId);
      return new Placed(
          orderId, End.COMPLETED, total, chargeId, repeats, chargedBefore, picked, reason);
    }

    Placed ended(End end, ServiceBridgeException why) {
      return new Placed(orderId, end, 0, "", repeats, false, Picking.NONE, reason(why));
    }

    private void repeat() {
      repeats++;
      book.repeated();
    }
  }
}
