package io.trestle.sdk.internal;

import io.trestle.protocol.UuidV7;
import io.trestle.sdk.BridgeIdentity;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.StateException;
import io.trestle.sdk.internal.call.MemoryCaller;
import io.trestle.sdk.internal.call.MemoryPeer;
import io.trestle.sdk.internal.events.MemoryEvents;
import io.trestle.sdk.internal.inbound.CallServer;
import io.trestle.sdk.internal.traces.MemoryTraces;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The bridge applications have, with nothing behind it: what calls of others do is told by a
 * directory, and a test is the caller of its handlers. Declarations, dispatch, encoding, deadlines,
 * cancellation and the mapping of errors are those of the real one; registry, policy, retries and
 * transport are not there. Any thread.
 */
public final class MemoryBridge {
  static final CallServer.Limits LIMITS = new CallServer.Limits(256, 256);

  private final UuidV7 ids =
      new UuidV7(System::currentTimeMillis, () -> ThreadLocalRandom.current().nextLong());
  private final String service;
  private final Bridge bridge;
  private volatile @Nullable MemoryEdges edges;

  /**
   * A bridge, not started.
   *
   * @param service the name it goes by
   * @param directory who answers its calls
   */
  public MemoryBridge(String service, CallOptions defaults, MemoryCaller.Directory directory) {
    this.service = service;
    BridgeIdentity self =
        new BridgeIdentity(ids.nextText(), ids.nextText(), service, ids.nextText());
    this.bridge =
        new Bridge(
            false,
            InstantSource.system(),
            (handlers, subscriptions, declarations, listeners, ready) -> {
              MemoryEdges made =
                  new MemoryEdges(
                      self,
                      defaults,
                      directory,
                      ids,
                      handlers,
                      subscriptions,
                      declarations,
                      listeners,
                      ready);
              edges = made;
              return made;
            });
  }

  /** What the application works with. */
  public ServiceBridge bridge() {
    return bridge;
  }

  /** Somebody else: a caller of the handlers, whom they see as given, and what it serves. */
  public MemoryResponder visitor(CallContext.Caller visitor) {
    return new MemoryResponder(
        new MemoryCaller(this::own, () -> visitor, CallOptions.DEFAULT, ids), ids);
  }

  /**
   * Its events.
   *
   * @throws StateException before the start
   */
  public MemoryEvents events() {
    return running().outlet();
  }

  /**
   * What its handlers wrote to their traces.
   *
   * @throws StateException before the start
   */
  public MemoryTraces traces() {
    return running().traces();
  }

  /** Forgets what was published and written. */
  public void reset() {
    MemoryEdges running = edges;
    if (running != null) {
      running.outlet().reset();
      running.traces().reset();
    }
  }

  private MemoryEdges running() {
    MemoryEdges running = edges;
    if (running == null) {
      throw new StateException("the bridge is not started");
    }
    return running;
  }

  private MemoryPeer own(MemoryCaller.Call call) {
    MemoryEdges running = running();
    boolean other =
        !call.contractHash().isEmpty()
            && running
                .contract(call.method())
                .filter(hash -> !hash.equals(call.contractHash()))
                .isPresent();
    if (other) {
      throw new NoLiveInstanceException(
          "rpc " + service + "/" + call.method() + ": it does not match the caller contract");
    }
    return running.server();
  }
}
