package io.trestle.sdk.internal.events;

import io.trestle.sdk.ServiceBridgeException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;

/** The publisher's end of one event; gives its place back when that is settled. */
final class Publish extends CompletableFuture<String> implements Publication.Waiter {
  private static final Logger LOG = System.getLogger("io.trestle.sdk.events");

  private final PublishGate gate;
  private final String name;
  private final String id;

  Publish(PublishGate gate, String name, String id, boolean forget) {
    this.gate = gate;
    this.name = name;
    this.id = id;
    if (forget) {
      complete(id);
    }
  }

  @Override
  public void accepted(String eventId) {
    gate.leave();
    complete(eventId);
  }

  @Override
  public void failed(ServiceBridgeException why) {
    gate.leave();
    if (!completeExceptionally(why)) {
      log(name, id, why);
    }
  }

  /** Tells of an event that nobody waits for and that is dropped. */
  static String dropped(String name, String id, ServiceBridgeException why) {
    log(name, id, why);
    return id;
  }

  private static void log(String name, String id, ServiceBridgeException why) {
    String text =
        "publish_failed event=%s id=%s code=%s reason=%s"
            .formatted(name, id, why.code(), why.getMessage());
    LOG.log(Level.WARNING, text);
  }
}
