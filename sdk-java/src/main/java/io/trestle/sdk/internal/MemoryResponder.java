package io.trestle.sdk.internal;

import io.trestle.protocol.UuidV7;
import io.trestle.sdk.Contract;
import io.trestle.sdk.Rpc;
import io.trestle.sdk.internal.call.MemoryPeer;
import io.trestle.sdk.internal.call.Outgoing;
import io.trestle.sdk.internal.inbound.HandlerThreads;
import io.trestle.sdk.internal.inbound.Handlers;
import io.trestle.sdk.internal.inbound.MemoryServer;
import io.trestle.sdk.internal.traces.MemoryTraces;
import java.time.InstantSource;

/** A handler of a test that stands for a method of another service. */
public final class MemoryResponder {
  private final Handlers handlers = new Handlers();
  private final MemoryServer server;
  private final Rpc rpc;
  private volatile String contractHash = "";

  MemoryResponder(Outgoing outgoing, UuidV7 ids) {
    HandlerThreads threads = HandlerThreads.of(MemoryResponder::start);
    this.server =
        new MemoryServer(
            handlers,
            MemoryBridge.LIMITS,
            threads,
            InstantSource.system(),
            ids,
            new MemoryTraces());
    this.rpc = new MemoryRpc(outgoing, this);
  }

  // A thread each: responders are few, and nothing needs to be closed.
  private static void start(Runnable task) {
    Thread thread = new Thread(task, "trestle-responder");
    thread.setDaemon(true);
    thread.start();
  }

  /** Takes the handler; calls reach the bridge under test. */
  public Rpc rpc() {
    return rpc;
  }

  /** Who answers. */
  public MemoryPeer peer() {
    return server;
  }

  /** What callers must have. */
  public String contractHash() {
    return contractHash;
  }

  Handlers handlers() {
    return handlers;
  }

  void contract(Contract contract) {
    contractHash = contract.hash();
  }
}
