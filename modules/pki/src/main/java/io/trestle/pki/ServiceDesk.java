package io.trestle.pki;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.conversations.Services;
import io.trestle.conversations.Services.Activate;
import io.trestle.conversations.Services.AddKey;
import io.trestle.conversations.Services.Create;
import io.trestle.conversations.Services.Created;
import io.trestle.conversations.Services.InstanceRevoked;
import io.trestle.conversations.Services.KeyAdded;
import io.trestle.conversations.Services.Keys;
import io.trestle.conversations.Services.ListKeys;
import io.trestle.conversations.Services.Listing;
import io.trestle.conversations.Services.Revoke;
import io.trestle.conversations.Services.RevokeInstance;
import io.trestle.conversations.Services.RevokeKey;
import io.trestle.conversations.Services.Service;
import io.trestle.kernel.Ids;
import io.trestle.pki.core.CertificateAuthority;
import io.trestle.pki.core.KeyId;
import io.trestle.pki.core.SecretHash;
import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.NameRules;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators do with services, keys and instances. Each change is committed first; then the
 * owner of the access state reads it and its effects happen; then the operator is answered.
 */
final class ServiceDesk {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceDesk.class);

  private static final long EFFECT_MILLIS = 2_000;

  private final ServiceStore services;
  private final InstanceStore instances;
  private final AccessOwner owner;
  private final CertificateAuthority authority;
  private final Ids ids;
  private final SecureRandom random;

  ServiceDesk(
      ServiceStore services,
      InstanceStore instances,
      AccessOwner owner,
      CertificateAuthority authority,
      Ids ids,
      SecureRandom random) {
    this.services = services;
    this.instances = instances;
    this.owner = owner;
    this.authority = authority;
    this.ids = ids;
    this.random = random;
  }

  Future<Created> create(Create question) {
    String name = question.name();
    try {
      NameRules.check("name", name);
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(invalid(e));
    }
    UUID id = ids.next();
    BootstrapKey key = newKey();
    return services
        .insert(id, name, KeyId.of(key.keyId()), SecretHash.of(key.secret()))
        .recover(
            failure ->
                DatabaseRefusals.taken(failure, "name: " + name + " is an active service already"))
        .onSuccess(made -> LOG.info("service created service={} name={}", id, name))
        .compose(made -> effective(id, made))
        .map(made -> new Created(made, key.format()));
  }

  Future<Listing> list() {
    return services
        .all()
        .recover(DatabaseRefusals::away)
        .map(rows -> new Listing(rows.stream().map(ServiceRow::told).toList()));
  }

  Future<Service> revoke(Revoke question) {
    return resolve(question.nameOrId()).compose(id -> setActive(id, false));
  }

  Future<Service> activate(Activate question) {
    return resolve(question.id().toString()).compose(id -> setActive(id, true));
  }

  Future<KeyAdded> addKey(AddKey question) {
    BootstrapKey key = newKey();
    KeyId keyId = KeyId.of(key.keyId());
    return resolve(question.nameOrId())
        .compose(id -> services.insertKey(id, keyId, SecretHash.of(key.secret())))
        .recover(DatabaseRefusals::away)
        .onSuccess(added -> LOG.info("key added service={} key={}", added.serviceId(), keyId))
        .compose(added -> effective(added.serviceId(), added))
        .map(added -> new KeyAdded(added, key.format()));
  }

  Future<Keys> listKeys(ListKeys question) {
    return resolve(question.nameOrId())
        .compose(services::keys)
        .recover(DatabaseRefusals::away)
        .map(Keys::new);
  }

  Future<Services.Key> revokeKey(RevokeKey question) {
    KeyId keyId;
    try {
      keyId = KeyId.parse(question.keyId());
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(invalid(e));
    }
    return services
        .revokeKey(keyId)
        .recover(DatabaseRefusals::away)
        .compose(found -> orNotFound(found, "keyId: " + keyId + " (expected: a known key)"))
        .onSuccess(key -> LOG.info("key revoked service={} key={}", key.serviceId(), keyId))
        .compose(key -> effective(key.serviceId(), key));
  }

  Future<InstanceRevoked> revokeInstance(RevokeInstance question) {
    UUID id = question.instanceId();
    return instances
        .revoke(id)
        .recover(DatabaseRefusals::away)
        .compose(found -> orNotFound(found, "instanceId: " + id + " (expected: a known instance)"))
        .compose(
            instance ->
                owner
                    .instanceRevoked(instance)
                    .map(told -> new InstanceRevoked(id, instance.serviceId())));
  }

  private Future<Service> setActive(UUID id, boolean active) {
    return services
        .setActive(id, active)
        .recover(
            failure ->
                DatabaseRefusals.taken(
                    failure, "id: " + id + " (expected: no other active service of its name)"))
        .compose(committed -> effective(id, id))
        .compose(committed -> services.some(List.of(id)))
        .recover(DatabaseRefusals::away)
        .compose(rows -> orNotFound(rows.stream().findFirst(), "id: " + id + " was deleted"))
        .map(ServiceRow::told);
  }

  /**
   * Waits for the effects of a commit. Should the database go away in this moment, the answer is
   * not lost with it: the commit stands, a key is shown only now, and the effects follow on its
   * return.
   */
  private <T> Future<T> effective(UUID serviceId, T answer) {
    return owner
        .reread(serviceId)
        .timeout(EFFECT_MILLIS, TimeUnit.MILLISECONDS)
        .recover(
            failure -> {
              LOG.warn("effects delayed service={} reason={}", serviceId, failure.toString());
              return Future.succeededFuture();
            })
        .map(done -> answer);
  }

  private Future<UUID> resolve(String nameOrId) {
    return services
        .resolve(nameOrId)
        .recover(DatabaseRefusals::away)
        .compose(
            found ->
                orNotFound(found, "service: '" + nameOrId + "' (expected: a known name or id)"));
  }

  private BootstrapKey newKey() {
    byte[] keyId = new byte[BootstrapKey.KEY_ID_LENGTH];
    byte[] secret = new byte[BootstrapKey.SECRET_LENGTH];
    random.nextBytes(keyId);
    random.nextBytes(secret);
    return BootstrapKey.of(keyId, secret, authority.certificate());
  }

  private static Refused invalid(IllegalArgumentException e) {
    return Refused.of(Reason.INVALID, String.valueOf(e.getMessage()));
  }

  private static <T> Future<T> orNotFound(Optional<T> found, String message) {
    return found
        .map(Future::succeededFuture)
        .orElseGet(() -> Future.failedFuture(Refused.of(Reason.NOT_FOUND, message)));
  }
}
