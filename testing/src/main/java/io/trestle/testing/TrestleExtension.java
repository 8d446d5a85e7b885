package io.trestle.testing;

import io.trestle.kernel.TrestleOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A kernel for a test class. Register it in a static field:
 *
 * <pre>{@code
 * @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
 *
 * @Test
 * void call_ofAnotherService_isAnswered() {
 *   var echo = TRESTLE.kernel().service("echo");
 *   var server = TRESTLE.connect(echo, sdk -> ...);
 * }
 * }</pre>
 *
 * <p>Clients that {@link #connect} made are stopped after each test, newest first; the kernel after
 * the class.
 */
public final class TrestleExtension
    implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
  private final UnaryOperator<TrestleOptions> adjust;
  private final List<ServiceBridge> clients = new ArrayList<>();
  private @Nullable TestKernel kernel;

  /** A kernel with the defaults. */
  public TrestleExtension() {
    this(options -> options);
  }

  /** A kernel with other options. */
  public TrestleExtension(UnaryOperator<TrestleOptions> adjust) {
    this.adjust = adjust;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    kernel = TestKernel.start(adjust);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    for (int i = clients.size() - 1; i >= 0; i--) {
      clients.get(i).stop();
    }
    clients.clear();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    kernel().close();
  }

  /** The kernel of the class. */
  public TestKernel kernel() {
    TestKernel running = kernel;
    if (running == null) {
      throw new IllegalStateException("no kernel before the class has begun");
    }
    return running;
  }

  /**
   * Builds a client, declares on it what {@code declare} says, starts it, and stops it after the
   * test.
   */
  public ServiceBridge connect(TestKernel.ServiceKey key, Consumer<ServiceBridge> declare) {
    return connect(key, builder -> builder, declare);
  }

  /** The same with options. */
  public ServiceBridge connect(
      TestKernel.ServiceKey key,
      UnaryOperator<ServiceBridgeBuilder> options,
      Consumer<ServiceBridge> declare) {
    ServiceBridge client = options.apply(kernel().client(key)).build();
    clients.add(client);
    declare.accept(client);
    client.start();
    return client;
  }
}
