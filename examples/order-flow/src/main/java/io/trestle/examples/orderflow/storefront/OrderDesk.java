package io.trestle.examples.orderflow.storefront;

import com.google.protobuf.Message;
import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Order;
import io.trestle.examples.orderflow.v1.ChargeReply;
import io.trestle.examples.orderflow.v1.ChargeRequest;
import io.trestle.examples.orderflow.v1.Item;
import io.trestle.examples.orderflow.v1.ReleaseReply;
import io.trestle.examples.orderflow.v1.ReleaseRequest;
import io.trestle.examples.orderflow.v1.ReserveReply;
import io.trestle.examples.orderflow.v1.ReserveRequest;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.sdk.protobuf.ProtobufRpc;

/**
 * Takes one order to its end: reserve, charge, and give back what was reserved when the card is
 * declined. Stateless; any number of threads.
 */
final class OrderDesk {
  private final CallBook book;
  private final Repetition repetition;
  private final Remote<ReserveRequest, ReserveReply> reserve;
  private final Remote<ChargeRequest, ChargeReply> charge;
  private final Remote<ReleaseRequest, ReleaseReply> release;

  /** On a bridge that is not started yet: it is told what is used. */
  OrderDesk(ServiceBridge bridge, CallBook book, Repetition repetition) {
    this.book = book;
    this.repetition = repetition;
    bridge.service("inventory", ServiceDeps.rpc("reserve", "release"));
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
    Remote<ReleaseRequest, ReleaseReply> direct =
        new Remote<>(
            rpc,
            "inventory",
            "release",
            ReleaseRequest.class,
            ReleaseReply.class,
            ReleaseReply::getServed,
            book);
    this.release = direct.through(Transport.PROXY);
  }

  /** Takes an order to its end. Blocks. */
  Placed place(Order order) {
    Attempts attempts = new Attempts(order.id());
    try {
      long total = attempts.make(reserve, reservation(order)).getTotalCents();
      return charge(order, total, attempts);
    } catch (HandlerException e) {
      End end = e.handlerCode().equals("OUT_OF_STOCK") ? End.OUT_OF_STOCK : End.FAILED;
      return attempts.placed(end, 0, "", reason(e));
    } catch (ServiceBridgeException e) {
      return attempts.placed(End.FAILED, 0, "", reason(e));
    }
  }

  private Placed charge(Order order, long total, Attempts attempts) {
    ChargeRequest request =
        ChargeRequest.newBuilder()
            .setOrderId(order.id())
            .setCard(order.card())
            .setAmountCents(total)
            .build();
    try {
      String made = attempts.make(charge, request).getChargeId();
      return attempts.placed(End.COMPLETED, total, made, "");
    } catch (HandlerException e) {
      return switch (e.handlerCode()) {
        case "ALREADY_CHARGED" -> attempts.chargedBefore(total, reason(e));
        case "CARD_DECLINED" -> declined(order, attempts, reason(e));
        default -> attempts.placed(End.FAILED, 0, "", reason(e));
      };
    }
  }

  private Placed declined(Order order, Attempts attempts, String reason) {
    attempts.make(release, ReleaseRequest.newBuilder().setOrderId(order.id()).build());
    return attempts.placed(End.DECLINED, 0, "", reason);
  }

  private static ReserveRequest reservation(Order order) {
    ReserveRequest.Builder request = ReserveRequest.newBuilder().setOrderId(order.id());
    for (Order.Item item : order.items()) {
      request.addItems(Item.newBuilder().setSku(item.sku()).setQuantity(item.quantity()));
    }
    return request.build();
  }

  private static String reason(ServiceBridgeException e) {
    String code = e instanceof HandlerException answer ? answer.handlerCode() : e.code().name();
    return code + ": " + e.getMessage();
  }

  /** The calls of one order. */
  private final class Attempts {
    private final String orderId;
    private int repeats;

    Attempts(String orderId) {
      this.orderId = orderId;
    }

    <Q extends Message, R extends Message> R make(Remote<Q, R> remote, Q request) {
      return repetition.untilKnown(() -> remote.call(request, orderId), because -> repeat());
    }

    Placed placed(End end, long total, String chargeId, String reason) {
      return new Placed(orderId, end, total, chargeId, repeats, false, reason);
    }

    Placed chargedBefore(long total, String reason) {
      return new Placed(orderId, End.COMPLETED, total, "", repeats, true, reason);
    }

    private void repeat() {
      repeats++;
      book.repeated();
    }
  }
}
