package io.trestle.examples.orderflow.payments;

import io.trestle.examples.orderflow.Environment;
import io.trestle.examples.orderflow.ServiceLife;
import io.trestle.examples.orderflow.payments.ChargeStore.Charge;
import io.trestle.examples.orderflow.payments.ChargeStore.Refund;
import io.trestle.examples.orderflow.v1.ChargeReply;
import io.trestle.examples.orderflow.v1.ChargeRequest;
import io.trestle.examples.orderflow.v1.RefundReply;
import io.trestle.examples.orderflow.v1.RefundRequest;
import io.trestle.examples.orderflow.v1.Served;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.protobuf.ProtobufRpc;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The process {@code payments}: charges an order at most once. A caller that does not know whether
 * its charge was made may ask again, here or at another instance: the second charge is refused.
 */
public final class Payments {
  private static final Duration BANK_PAUSE = Duration.ofMillis(40);

  /** Also the bound of database connections. */
  private static final int CHARGES_AT_ONCE = 8;

  private static final int CHARGES_WAITING = 64;

  private final ServiceBridge bridge;
  private final Bank bank;
  private final ChargeStore charges;

  private Payments(ServiceBridge bridge, Bank bank, ChargeStore charges) {
    this.bridge = bridge;
    this.bank = bank;
    this.charges = charges;
  }

  /** Runs until the process is asked to end. */
  public static void main(String[] args) throws SQLException, InterruptedException {
    Environment environment = Environment.ofProcess();
    ChargeStore charges = new ChargeStore(database(environment));
    charges.createTable();
    ServiceBridge bridge =
        ServiceBridge.builder(
                environment.text(Environment.RUNTIME), environment.text(Environment.KEY))
            .advertise("127.0.0.1", 0)
            .inboundLimits(CHARGES_AT_ONCE, CHARGES_WAITING)
            .build();
    new Payments(bridge, new Bank(BANK_PAUSE), charges).serve();
    ServiceLife.begin(bridge, charges);
    ServiceLife.serve(bridge, "");
  }

  private static PGSimpleDataSource database(Environment environment) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(environment.text(Environment.DATABASE_URL));
    source.setUser(environment.text(Environment.DATABASE_USER));
    source.setPassword(environment.text(Environment.DATABASE_PASSWORD));
    return source;
  }

  private void serve() {
    ProtobufRpc rpc = ProtobufRpc.of(bridge);
    rpc.handle("charge", ChargeRequest.class, ChargeReply.class, this::charge);
    rpc.handle("refund", RefundRequest.class, RefundReply.class, this::refund);
  }

  private ChargeReply charge(ChargeRequest request, CallContext context)
      throws InterruptedException, SQLException {
    bank.authorize(request.getCard(), request.getAmountCents());
    Charge charge =
        new Charge(
            request.getOrderId(),
            "ch-" + UUID.randomUUID(),
            request.getCard(),
            request.getAmountCents(),
            ServiceLife.instanceId(bridge));
    Optional<String> earlier = charges.charge(charge);
    if (earlier.isPresent()) {
      throw new HandlerException(
          "ALREADY_CHARGED", "order %s: %s".formatted(request.getOrderId(), earlier.get()));
    }
    bank.sendReceipt();
    return ChargeReply.newBuilder()
        .setChargeId(charge.chargeId())
        .setServed(served(context))
        .build();
  }

  /** Who may ask for it is not asked here: that is a matter of the access policy. */
  private RefundReply refund(RefundRequest request, CallContext context) throws SQLException {
    String orderId = request.getOrderId();
    Refund refund =
        charges
            .refund(orderId)
            .orElseThrow(
                () -> new HandlerException("NOT_CHARGED", "order " + orderId + ": never charged"));
    return RefundReply.newBuilder()
        .setChargeId(refund.chargeId())
        .setAmountCents(refund.amountCents())
        .setServed(served(context))
        .build();
  }

  private Served served(CallContext context) {
    return Served.newBuilder()
        .setInstanceId(ServiceLife.instanceId(bridge))
        .setProxied(context.caller().instanceId().isEmpty())
        .build();
  }
}
