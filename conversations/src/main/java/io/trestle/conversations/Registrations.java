package io.trestle.conversations;

import io.trestle.conversations.Declarations.Declaration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Registration and the view that comes back. A facade registers for its stream, receives frames
 * under the key of that stream one at a time (the answer to one asks for the next, which is the
 * back-pressure), and says when the stream is gone. Answered by the registry.
 */
public final class Registrations {
  /**
   * Stores a declaration and starts the view. Answers after the commit. INVALID for a bad
   * declaration.
   */
  public static final Conversation<Register, Registered> REGISTER =
      new Conversation<>("registrations.register", Register.class, Registered.class);

  /** To the stream, under its key: the next frame of its view. */
  public static final Conversation<Frame, Taken> FRAME =
      new Conversation<>("registrations.frame", Frame.class, Taken.class);

  /** To the stream, under its key: it ends now. */
  public static final Conversation<End, Taken> END =
      new Conversation<>("registrations.end", End.class, Taken.class);

  /** The stream is gone. */
  public static final Conversation<Closed, Taken> CLOSED =
      new Conversation<>("registrations.closed", Closed.class, Taken.class);

  private Registrations() {}

  /** {@code stream} is the key under which frames are taken. */
  public record Register(
      UUID stream,
      UUID serviceId,
      UUID instanceId,
      int protocolVersion,
      String sdkLanguage,
      String sdkVersion,
      Declaration declaration) {}

  public record Registered(String serviceName) {}

  public record Taken() {}

  /** {@code number} is the gRPC code of the end. */
  public record End(int number, String text) {}

  public record Closed(UUID stream, UUID instanceId) {}

  /** One message of the stream. */
  public sealed interface Content {}

  /** One message under way; {@code content} is a snapshot or an update. */
  public record Frame(Content content) {}

  /** The whole view. */
  public record Snapshot(
      List<Method> methods,
      List<Instance> instances,
      List<SubscriptionRow> subscriptions,
      List<OutgoingRow> outgoing,
      Policy policy,
      CaptureModes captureModes)
      implements Content {}

  /** A change of the view. {@code policy} is null when it did not change. */
  public record Update(
      List<Method> added,
      List<Method> removed,
      List<Instance> addedInstances,
      List<Instance> removedInstances,
      List<UUID> addedPeers,
      List<UUID> removedPeers,
      @Nullable Policy policy,
      CaptureModes captureModes,
      List<UUID> revokedServices,
      List<UUID> revokedInstances)
      implements Content {}

  /** A method or a published event of one instance. */
  public record Method(
      UUID serviceId,
      String serviceName,
      UUID instanceId,
      int type,
      String name,
      String contractHash,
      boolean published,
      byte[] inputSchema,
      byte[] outputSchema,
      boolean streaming) {}

  /** One live instance. */
  public record Instance(
      UUID instanceId,
      UUID serviceId,
      String serviceName,
      String callEndpoint,
      String status,
      String httpEndpoint,
      long unhealthySinceMillis) {}

  public record SubscriptionRow(
      UUID serviceId, String serviceName, String pattern, String filter) {}

  public record OutgoingRow(UUID callerServiceId, UUID targetServiceId, String method, int type) {}

  /** The policy evaluation of one service. */
  public record Policy(
      List<String> capabilities,
      List<Rule> egress,
      List<Rule> acceptance,
      List<Violation> warnings) {}

  /** {@code peerServiceId} null means any. */
  public record Rule(
      String action, @Nullable UUID peerServiceId, String peerServiceName, String targetName) {}

  public record Violation(String declaration, String value, String denySide, String reason) {}

  /** Numbers of {@code CaptureMode}. */
  public record CaptureModes(
      int rpc, int http, int event, int workflow, boolean telemetryEnabled, int payloadMaxBytes) {}
}
