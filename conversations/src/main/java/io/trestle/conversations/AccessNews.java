package io.trestle.conversations;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who may come in, as the PKI tells the others. News of a revocation is told after its commit and
 * before the streams of the revoked are ended, so that peers hear first.
 */
public final class AccessNews {
  /** A service appeared, was renamed, revoked or activated. */
  public static final Topic<ServiceChanged> SERVICE =
      new Topic<>("access.service", ServiceChanged.class);

  /** An instance was revoked, for good. */
  public static final Topic<InstanceRevoked> INSTANCE =
      new Topic<>("access.instance", InstanceRevoked.class);

  /** All that the topics would have told so far. Ask after subscribing. */
  public static final Conversation<AskAll, All> ALL =
      new Conversation<>("access.all", AskAll.class, All.class);

  private AccessNews() {}

  /**
   * {@code revokedUntil}: when the last leaf of a revoked service will have expired; null while it
   * is active.
   */
  public record ServiceChanged(
      UUID serviceId, String name, boolean active, @Nullable Instant revokedUntil) {}

  /** {@code until}: when its last leaf will have expired. */
  public record InstanceRevoked(UUID instanceId, UUID serviceId, Instant until) {}

  public record AskAll() {}

  /** Services of every status; instances that are revoked and whose leaf may still be valid. */
  public record All(List<ServiceChanged> services, List<InstanceRevoked> instances) {}
}
