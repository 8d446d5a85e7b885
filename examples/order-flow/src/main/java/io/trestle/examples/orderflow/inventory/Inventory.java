package io.trestle.examples.orderflow.inventory;

import io.trestle.examples.orderflow.Environment;
import io.trestle.examples.orderflow.ServiceLife;
import io.trestle.examples.orderflow.v1.PickProgress;
import io.trestle.examples.orderflow.v1.PickRequest;
import io.trestle.examples.orderflow.v1.ReleaseReply;
import io.trestle.examples.orderflow.v1.ReleaseRequest;
import io.trestle.examples.orderflow.v1.ReserveReply;
import io.trestle.examples.orderflow.v1.ReserveRequest;
import io.trestle.examples.orderflow.v1.Served;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.protobuf.ProtobufRpc;
import io.trestle.sdk.protobuf.TypedWriter;
import java.time.Duration;
import java.util.List;

/** The process {@code inventory}: knows prices, reserves, picks and releases. */
public final class Inventory {
  private static final Duration TO_THE_SHELF = Duration.ofMillis(5);

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
    rpc.handleStream("pick", PickRequest.class, PickProgress.class, this::pick);
  }

  private ReserveReply reserve(ReserveRequest request, CallContext context) {
    var lines =
        request.getItemsList().stream()
            .map(item -> new Stock.Line(item.getSku(), item.getQuantity()))
            .toList();
    Stock.Reservation reservation = stock.reserve(request.getOrderId(), lines);
    return ReserveReply.newBuilder()
        .setReservationId(reservation.id())
        .setTotalCents(reservation.totalCents())
        .setServed(served(context))
        .build();
  }

  /** When the reader leaves, {@code send} and {@code sleep} throw, and that is the end of it. */
  private void pick(PickRequest request, CallContext context, TypedWriter<PickProgress> out)
      throws InterruptedException {
    List<Stock.Line> lines = stock.reserved(request.getOrderId()).lines();
    for (int i = 0; i < lines.size(); i++) {
      Thread.sleep(TO_THE_SHELF.toMillis());
      out.send(
          PickProgress.newBuilder()
              .setSku(lines.get(i).sku())
              .setQuantity(lines.get(i).quantity())
              .setPosition(i + 1)
              .setOf(lines.size())
              .setServed(served(context))
              .build());
    }
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
