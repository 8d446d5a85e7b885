package io.trestle.examples.orderflow.storefront;

import io.trestle.examples.orderflow.v1.RefundReply;
import io.trestle.examples.orderflow.v1.RefundRequest;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.protobuf.ProtobufRpc;

/** Asks payments to give money back; whether it may is for the access policy to say. */
final class RefundDesk {
  private final CallBook book;
  private final Repetition repetition;
  private final Remote<RefundRequest, RefundReply> refund;

  /** On a bridge that is not started yet: it is told what is used. */
  RefundDesk(ServiceBridge bridge, CallBook book, Repetition repetition) {
    this.book = book;
    this.repetition = repetition;
    bridge.service("payments", ServiceDeps.rpc("refund"));
    this.refund =
        new Remote<>(
            ProtobufRpc.of(bridge),
            "payments",
            "refund",
            RefundRequest.class,
            RefundReply.class,
            RefundReply::getServed,
            book);
  }

  /**
   * Gives back what an order was charged. Asked again it does nothing more, so it may be repeated.
   *
   * @throws ServiceBridgeException {@code ACCESS_DENIED} if the policy forbids it; a {@code
   *     HandlerException} with {@code NOT_CHARGED}
   */
  RefundReply refund(String orderId) {
    RefundRequest request = RefundRequest.newBuilder().setOrderId(orderId).build();
    return repetition.untilKnown(() -> refund.call(request, orderId), because -> book.repeated());
  }
}
