package io.trestle.conversations;

import java.util.List;
import java.util.UUID;

/**
 * Control sessions: the open stream is the presence of an instance. A facade opens a session for
 * its stream, hears signals under the key of that stream, and says when the stream is gone.
 * Answered by the registry.
 */
public final class Sessions {
  /**
   * Opens a session and replaces an earlier one. PRECONDITION for a foreign revision, UNAVAILABLE
   * while draining.
   */
  public static final Conversation<Open, Opened> OPEN =
      new Conversation<>("sessions.open", Open.class, Opened.class);

  /** To the stream, under its key. */
  public static final Conversation<Signal, Heard> SIGNAL =
      new Conversation<>("sessions.signal", Signal.class, Heard.class);

  /** The stream is gone. */
  public static final Conversation<Closed, Heard> CLOSED =
      new Conversation<>("sessions.closed", Closed.class, Heard.class);

  /** The live instances, as operators see them. */
  public static final Conversation<ListLive, Live> LIVE =
      new Conversation<>("sessions.live", ListLive.class, Live.class);

  private Sessions() {}

  /** {@code stream} is the key under which signals are heard. */
  public record Open(
      UUID stream,
      UUID serviceId,
      UUID instanceId,
      int protocolVersion,
      String sdkLanguage,
      String sdkVersion) {}

  public record Opened(String sessionId, String serviceName) {}

  /** What a stream is told. */
  public enum Kind {
    /** The runtime shuts down; the stream ends soon. */
    DRAIN,
    /** The stream ends now, with {@code reason}; null is a regular end. */
    END
  }

  /** {@code number} is the gRPC code of an end, 0 for a regular one and for a drain. */
  public record Signal(Kind kind, int number, String text) {}

  public record Heard() {}

  public record Closed(UUID stream, UUID instanceId) {}

  public record ListLive() {}

  public record Live(List<Instance> instances) {}

  /** One instance with an open session. Status: {@code online} or {@code draining}. */
  public record Instance(
      UUID instanceId,
      UUID serviceId,
      String serviceName,
      String status,
      String callEndpoint,
      String httpEndpoint,
      String sdkLanguage,
      String sdkVersion,
      long connectedAtMillis,
      long unhealthySinceMillis) {}
}
