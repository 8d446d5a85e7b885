package io.trestle.examples.orderflow.storefront;

import io.trestle.examples.orderflow.Environment;
import io.trestle.examples.orderflow.ServiceLife;
import io.trestle.sdk.ServiceBridge;
import java.io.IOException;
import java.time.Duration;

/** The process {@code storefront}: takes orders over HTTP and calls; nobody calls it. */
public final class Storefront {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private Storefront() {}

  /** Runs until the process is asked to end. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Environment environment = Environment.ofProcess();
    ServiceBridge bridge =
        ServiceBridge.builder(
                environment.text(Environment.RUNTIME), environment.text(Environment.KEY))
            .callerOnly()
            .build();
    CallBook book = new CallBook();
    Repetition repetition = new Repetition(PATIENCE);
    OrderDesk orders = new OrderDesk(bridge, book, repetition);
    RefundDesk refunds = new RefundDesk(bridge, book, repetition);
    StorefrontHttp http =
        new StorefrontHttp(orders, refunds, book, environment.port(Environment.HTTP_PORT));
    ServiceLife.begin(bridge, http);
    http.start();
    ServiceLife.serve(bridge, http.url());
  }
}
