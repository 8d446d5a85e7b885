package io.trestle.examples.orderflow;

import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ServiceBridge;
import java.util.concurrent.CountDownLatch;

/**
 * The life of a service process: connect, say that it is ready, leave in order when the process is
 * asked to end, and end when the runtime has turned this instance away for good.
 */
public final class ServiceLife {
  /** A service that is ready prints this word, its instance id, and what else there is to say. */
  public static final String READY = "ready";

  private ServiceLife() {}

  /** The same with nothing to close before the bridge. */
  public static void begin(ServiceBridge bridge, AutoCloseable after) {
    begin(bridge, () -> {}, after);
  }

  /**
   * Starts a bridge that was told what it serves and uses; returns when it is ready.
   *
   * @param before closed at the end while the bridge still works: what uses it
   * @param after closed when it has stopped: what its handlers use
   */
  public static void begin(ServiceBridge bridge, AutoCloseable before, AutoCloseable after) {
    bridge.on(BridgeEvent.Disconnected.class, end -> endProcess(end.reason()));
    Thread stop = new Thread(() -> stop(bridge, before, after), "stop");
    Runtime.getRuntime().addShutdownHook(stop);
    bridge.start();
  }

  /**
   * Tells whoever started the process, and stays until it is asked to end: the threads of a bridge
   * do not keep a process alive.
   */
  public static void serve(ServiceBridge bridge, String more) throws InterruptedException {
    System.out.println((READY + " " + instanceId(bridge) + " " + more).strip());
    new CountDownLatch(1).await();
  }

  /** Who this instance is; empty before the first welcome. */
  public static String instanceId(ServiceBridge bridge) {
    return bridge.identity().map(identity -> identity.instanceId()).orElse("");
  }

  private static void stop(ServiceBridge bridge, AutoCloseable before, AutoCloseable after) {
    try {
      before.close();
      bridge.stop();
      after.close();
    } catch (Exception e) {
      System.err.println("stopping failed: " + e);
    }
  }

  /** On a thread of its own: the shutdown hook waits for the loop that this is called on. */
  private static void endProcess(String reason) {
    System.err.println("the runtime ended the session: " + reason);
    new Thread(() -> System.exit(1), "end").start();
  }
}
