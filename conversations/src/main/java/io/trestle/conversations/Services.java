package io.trestle.conversations;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Services and their bootstrap keys, as operators handle them. Answered by the PKI. */
public final class Services {
  /**
   * Makes a service and its first key. ALREADY_EXISTS when an active service has the name, INVALID
   * for a bad name.
   */
  public static final Conversation<Create, Created> CREATE =
      new Conversation<>("services.create", Create.class, Created.class);

  /** Every service, revoked ones too, by name. */
  public static final Conversation<ListServices, Listing> LIST =
      new Conversation<>("services.list", ListServices.class, Listing.class);

  /** Revokes with all effects (wire.md 4.8). NOT_FOUND for an unknown one. Idempotent. */
  public static final Conversation<Revoke, Service> REVOKE =
      new Conversation<>("services.revoke", Revoke.class, Service.class);

  /** Reverses a revocation. ALREADY_EXISTS when another active service has the name. */
  public static final Conversation<Activate, Service> ACTIVATE =
      new Conversation<>("services.activate", Activate.class, Service.class);

  /** Adds a further key to a service. */
  public static final Conversation<AddKey, KeyAdded> ADD_KEY =
      new Conversation<>("services.keys.add", AddKey.class, KeyAdded.class);

  /** The keys of a service, without secrets. */
  public static final Conversation<ListKeys, Keys> LIST_KEYS =
      new Conversation<>("services.keys.list", ListKeys.class, Keys.class);

  /** Revokes one key: provisioning with it is refused, issued leaves stay. */
  public static final Conversation<RevokeKey, Key> REVOKE_KEY =
      new Conversation<>("services.keys.revoke", RevokeKey.class, Key.class);

  /** Revokes one instance for good (wire.md 4.8). */
  public static final Conversation<RevokeInstance, InstanceRevoked> REVOKE_INSTANCE =
      new Conversation<>("services.instances.revoke", RevokeInstance.class, InstanceRevoked.class);

  private Services() {}

  /** One service. {@code status} is {@code active} or {@code revoked}. */
  public record Service(UUID id, String name, String status, Instant createdAt) {}

  /** One key without its secret: {@code keyId} in hex. */
  public record Key(String keyId, UUID serviceId, Instant createdAt, boolean revoked) {}

  public record Create(String name) {}

  /** The only time that {@code bootstrapKey} is shown. */
  public record Created(Service service, String bootstrapKey) {}

  public record ListServices() {}

  public record Listing(List<Service> services) {}

  /** {@code nameOrId}: the name means the active service of that name. */
  public record Revoke(String nameOrId) {}

  public record Activate(UUID id) {}

  public record AddKey(String nameOrId) {}

  /** The only time that {@code bootstrapKey} is shown. */
  public record KeyAdded(Key key, String bootstrapKey) {}

  public record ListKeys(String nameOrId) {}

  public record Keys(List<Key> keys) {}

  public record RevokeKey(String keyId) {}

  public record RevokeInstance(UUID instanceId) {}

  public record InstanceRevoked(UUID instanceId, UUID serviceId) {}
}
