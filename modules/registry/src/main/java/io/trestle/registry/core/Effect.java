package io.trestle.registry.core;

import io.trestle.conversations.Callables;
import io.trestle.conversations.Registrations;
import io.trestle.conversations.Sessions;
import io.trestle.conversations.Subscribers;
import java.util.UUID;

/** What the core wants done. The verticle executes effects in order. */
public sealed interface Effect {
  /** Tells a control stream something. */
  record SignalSession(UUID stream, Sessions.Signal signal) implements Effect {}

  /** Sends a frame to a registry stream; {@link RegistryCore#taken} reports when it was taken. */
  record SendFrame(UUID stream, Registrations.Content content) implements Effect {}

  /** Ends a registry stream. */
  record EndWatch(UUID stream, Registrations.End end) implements Effect {}

  /** Stores the presence of an instance. */
  record WritePresence(
      UUID instanceId,
      boolean connected,
      String callEndpoint,
      String httpEndpoint,
      String sessionId,
      long atMillis)
      implements Effect {}

  /** Tells proxies what a service offers now. */
  record PublishOffer(Callables.Offer offer) implements Effect {}

  /** Tells who keeps events which instances of a service consume them now. */
  record PublishSubscriber(Subscribers.Subscriber subscriber) implements Effect {}
}
