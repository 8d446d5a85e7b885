package io.trestle.examples.orderflow.storefront;

import io.trestle.examples.orderflow.orders.Picking;
import io.trestle.examples.orderflow.v1.PickProgress;
import io.trestle.examples.orderflow.v1.PickRequest;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.protobuf.ProtobufRpc;
import io.trestle.sdk.protobuf.TypedStream;
import java.time.Duration;

/** Watches the inventory pick an order. Stateless; any number of threads. */
final class PickWatch {
  private static final String TARGET = "inventory/pick";

  /** Of the whole stream, not of one message. */
  private static final CallOptions OPTIONS = CallOptions.timeoutOf(Duration.ofSeconds(5));

  private final ProtobufRpc.Method<PickRequest, PickProgress> pick;
  private final CallBook book;

  PickWatch(ProtobufRpc rpc, CallBook book) {
    this.pick = rpc.method("inventory", "pick", PickRequest.class, PickProgress.class);
    this.book = book;
  }

  /**
   * Reads to the end. A stream is never repeated by the SDK, and one that broke is only counted.
   */
  Picking watch(String orderId) {
    PickRequest request = PickRequest.newBuilder().setOrderId(orderId).build();
    PickProgress last = PickProgress.getDefaultInstance();
    int chunks = 0;
    try (TypedStream<PickProgress> progress =
        pick.stream(request, OPTIONS.withRequestId(orderId))) {
      while (progress.hasNext()) {
        last = progress.next();
        chunks++;
      }
    } catch (ServiceBridgeException e) {
      return failed(Remote.code(e));
    }
    if (chunks == 0 || chunks != last.getOf()) {
      return failed("INCOMPLETE");
    }
    book.streamed(TARGET, last.getServed(), chunks);
    return Picking.COMPLETE;
  }

  private Picking failed(String code) {
    book.broken(TARGET, code);
    return Picking.FAILED;
  }
}
