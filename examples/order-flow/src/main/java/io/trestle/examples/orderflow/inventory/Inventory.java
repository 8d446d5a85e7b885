package io.trestle.examples.orderflow.inventory;

import io.trestle.examples.orderflow.Environment;
import io.trestle.examples.orderflow.ServiceLife;
import io.trestle.examples.orderflow.v1.ReleaseReply;
import io.trestle.examples.orderflow.v1.ReleaseRequest;
import io.trestle.examples.orderflow.v1.ReserveReply;
import io.trestle.examples.orderflow.v1.ReserveRequest;
import io.trestle.examples.orderflow.v1.Served;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.protobuf.ProtobufRpc;

/** The process {@code inventory}: knows prices, reserves and releases. */
public final class Inventory {
  private final ServiceBridge bridge;
  private final Stock stock;

  private Inventory(ServiceBridge bridge, Stock stock) {
    this.bridge = bridge;
    this.stock = stock;
  }

  /** Runs until the process is asked to end. */
  public static void main(String[] args) throws InterruptedException {
    Environment environment = Environment.ofProcess();
    ServiceBridge bridge =
        ServiceBridge.builder(
                environment.text(Environment.RUNTIME), environment.text(Environment.KEY))
            .advertise("127.0.0.1", 0)
            .build();
    new Inventory(bridge, Stock.ofTheDemo()).serve();
    ServiceLife.begin(bridge, () -> {});
    ServiceLife.serve(bridge, "");
  }

  private void serve() {
    ProtobufRpc rpc = ProtobufRpc.of(bridge);
    rpc.handle("reserve", ReserveRequest.class, ReserveReply.class, this::reserve);
    rpc.handle("release", ReleaseRequest.class, ReleaseReply.class, this::release);
  }

  private ReserveReply reserve(ReserveRequest request, CallContext context) {
    var lines =
        request.getItemsList().stream()
            .map(item -> new Stock.Line(item.getSku(), item.getQuantity()))
            .toList();
    long total = stock.reserve(request.getOrderId(), lines);
    return ReserveReply.newBuilder().setTotalCents(total).setServed(served(context)).build();
  }

  private ReleaseReply release(ReleaseRequest request, CallContext context) {
    stock.release(request.getOrderId());
    return ReleaseReply.newBuilder().setServed(served(context)).build();
  }

  private Served served(CallContext context) {
    return Served.newBuilder()
        .setInstanceId(ServiceLife.instanceId(bridge))
        .setProxied(context.caller().instanceId().isEmpty())
        .build();
  }
}
