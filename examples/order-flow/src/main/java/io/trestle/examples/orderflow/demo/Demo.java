package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.demo.Fleet.Service;
import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Order;
import io.trestle.examples.orderflow.orders.OrderException;
import io.trestle.examples.orderflow.orders.OrderFile;
import java.io.Console;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * {@code trestle demo} (foundation.md 8): starts a kernel and the services of the example as
 * processes, feeds the orders, kills one of the two payments with kill -9 in the middle, starts
 * another one, replays the dead letters of shipping, tells what happened, and stays up until
 * Ctrl-C; with {@code --once} it ends with a verdict instead.
 */
public final class Demo {
  private static final int DONE = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private final DemoOptions options;
  private final PrintStream out;
  private final Leaving leaving;

  /**
   * A demo.
   *
   * @param out where people read what happens
   */
  private Demo(DemoOptions options, PrintStream out, Leaving leaving) {
    this.options = options;
    this.out = out;
    this.leaving = leaving;
  }

  /**
   * Runs the demo on standard output.
   *
   * @return the exit code: 0 when all went as it must, 1 when not, 2 for wrong arguments
   */
  public static int run(String[] args) {
    try {
      Path home = Path.of(System.getProperty("trestle.home", ""));
      return run(DemoOptions.parse(args, System.getenv(), home));
    } catch (DemoException e) {
      return failed(e, false);
    }
  }

  private static int run(DemoOptions options) {
    Leaving leaving = new Leaving();
    Runtime.getRuntime().addShutdownHook(new Thread(leaving::close, "leave"));
    try (leaving) {
      return run(options, leaving);
    }
  }

  /** What failed is told unless somebody else ended the demo meanwhile: before closing, then. */
  private static int run(DemoOptions options, Leaving leaving) {
    try {
      return new Demo(options, options.json() ? System.err : System.out, leaving).run();
    } catch (DemoException | OrderException e) {
      return leaving.begun() ? FAILED : failed(e, options.json());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
  }

  private static int failed(RuntimeException e, boolean json) {
    System.err.println("demo: " + e.getMessage());
    if (json) {
      System.out.println(ReportJson.error("failed_precondition", String.valueOf(e.getMessage())));
    }
    return e instanceof DemoException asked && asked.isUsage() ? USAGE : FAILED;
  }

  private int run() throws InterruptedException {
    List<Order> orders = options.orders().map(OrderFile::read).orElseGet(OrderFile::shipped);
    DemoDirectory directory = leaving.add(DemoDirectory.take(options.state()));
    Kernel kernel = startKernel(directory);
    Fleet fleet = leaving.add(Fleet.around(directory, kernel));
    List<String> problems = play(kernel, fleet, orders);
    if (!options.once()) {
      stayUp(kernel, directory);
    }
    return problems.isEmpty() ? DONE : FAILED;
  }

  private Kernel startKernel(DemoDirectory directory) {
    out.println("starting a kernel, logs in " + directory.logs());
    Kernel kernel = leaving.add(Kernel.launch(directory));
    kernel.awaitReady();
    out.println(
        "kernel ready: gRPC %s, HTTP %s, token in %s"
            .formatted(kernel.grpc(), kernel.http(), kernel.tokenFile()));
    return kernel;
  }

  private List<String> play(Kernel kernel, Fleet fleet, List<Order> orders)
      throws InterruptedException {
    CompletableFuture<Service> first = async(() -> fleet.payments(1));
    CompletableFuture<Service> second = async(() -> fleet.payments(2));
    List<CompletableFuture<Service>> others =
        List.of(async(fleet::inventory), async(fleet::shipping), async(fleet::audit));
    Service victim = join(first);
    join(second);
    others.forEach(Demo::join);
    StorefrontClient storefront = new StorefrontClient(fleet.storefront().url());
    out.println("storefront, inventory, payments-1, payments-2, shipping and audit ready");
    out.println("policy: payments accept charge from the storefront, and refund from nobody");
    tryIt(storefront);

    Progress progress = new Progress(out, isTerminal(), orders.size());
    Accident accident = new Accident(fleet, victim.child(), progress, (orders.size() + 1) / 2);
    Feed feed = new Feed(storefront, ended -> ended(ended, progress, accident));
    List<Outcome> outcomes = feed.run(orders);
    join(accident.replacement());
    RefundTry refund = storefront.refund(refundable(outcomes));

    EventTour events = new EventTour(kernel.admin(), fleet.databases(), storefront, out);
    Findings findings =
        new Findings(
            outcomes,
            fleet.databases().ledger(orders.stream().map(Order::id).toList()),
            refund,
            storefront.stats(),
            fleet.names(),
            victim.child().name(),
            events.go(outcomes));
    List<String> problems = Verdict.problems(findings);
    Report.lines(findings, problems).forEach(out::println);
    if (options.json()) {
      System.out.println(ReportJson.of(findings, problems));
    }
    return problems;
  }

  /** The first order that was charged. */
  private static String refundable(List<Outcome> outcomes) {
    return outcomes.stream()
        .filter(outcome -> outcome.end() == End.COMPLETED)
        .findFirst()
        .orElse(outcomes.get(0))
        .order()
        .id();
  }

  private void ended(int count, Progress progress, Accident accident) {
    if (leaving.begun()) {
      throw new DemoException("stopped");
    }
    progress.done(count);
    accident.after(count);
  }

  private void tryIt(StorefrontClient storefront) {
    out.println("place an order of your own while it runs:");
    out.println(
        "  curl -d '{\"id\":\"mine-1\",\"customer\":\"Me\",\"card\":\"tok-4242\",\"items\":"
            + "[{\"sku\":\"mug-blue\",\"quantity\":1}]}' "
            + storefront.url()
            + "/orders");
  }

  private void stayUp(Kernel kernel, DemoDirectory directory) {
    out.println();
    out.println("watch the events of your orders:");
    out.println("  ./trestle events tail 'order.*' --state " + directory.path());
    out.println("  ./trestle events lag --state " + directory.path());
    out.println("staying up; Ctrl-C ends it");
    kernel.child().onExit().join();
    if (!leaving.begun()) {
      throw kernel.child().gone();
    }
  }

  private static CompletableFuture<Service> async(Supplier<Service> start) {
    return CompletableFuture.supplyAsync(start, command -> new Thread(command, "start").start());
  }

  private static Service join(CompletableFuture<Service> start) {
    try {
      return start.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof DemoException expected) {
        throw expected;
      }
      throw e;
    }
  }

  /** From JDK 22 on there is a console without a terminal too. */
  @SuppressWarnings("SystemConsoleNull") // that is said above, and looked at below
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }
}
