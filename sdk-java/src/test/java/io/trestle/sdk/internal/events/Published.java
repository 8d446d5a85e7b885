package io.trestle.sdk.internal.events;

import io.trestle.protocol.v1.PublishStatus;
import io.trestle.protocol.v1.PublishStatusEntry;
import io.trestle.sdk.ServiceBridgeException;
import org.jspecify.annotations.Nullable;

/** An event of a test, and what its publisher heard. */
final class Published implements Publication.Waiter {
  final Publication event;
  int told;
  @Nullable String acceptedAs;
  @Nullable ServiceBridgeException failure;

  Published(String id, String key, long deadline) {
    this(id, key, deadline, 100);
  }

  Published(String id, String key, long deadline, int bytes) {
    this.event = new Publication(id, "order.placed", key, new byte[bytes], deadline, this);
  }

  static PublishStatusEntry result(PublishStatus status, String id, String message) {
    return PublishStatusEntry.newBuilder()
        .setStatus(status)
        .setEventId(id)
        .setMessage(message)
        .build();
  }

  @Override
  public void accepted(String eventId) {
    told++;
    acceptedAs = eventId;
  }

  @Override
  public void failed(ServiceBridgeException why) {
    told++;
    failure = why;
  }
}
