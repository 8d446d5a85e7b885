package io.trestle.registry;

import static io.trestle.kernel.pipeline.WriteFailure.Code.FULL;
import static io.trestle.kernel.pipeline.WriteFailure.Code.OUTCOME_UNKNOWN;

import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.Clock;
import io.trestle.kernel.pipeline.Write;
import io.trestle.kernel.pipeline.WriteFailure;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.ServicePolicy;
import io.trestle.registry.core.Handling;
import io.trestle.registry.core.RegistryCore;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores what instances declare: the declaration as a whole, and rows of {@code service_methods} of
 * what the capabilities of its service permit (gate 1 of rpc.md 2.2).
 *
 * <p>The rows follow the capabilities. The fingerprint of a declaration covers the capabilities
 * under which it was stored, so a registration under others is written anew; and when capabilities
 * change, what is forbidden now is deleted, also of instances that are away, and then the known
 * instances are written anew under a higher number. A registration that was on its way meanwhile
 * may have been stored under the capabilities of before: its end notices ({@link #settled}).
 *
 * <p>Thread: the registry's event loop.
 */
final class DeclarationWriter {
  private static final Logger LOG = LoggerFactory.getLogger(DeclarationWriter.class);

  private final Function<Write, Future<Void>> pipeline;
  private final RegistryStore store;
  private final RegistryCore core;
  private final Clock clock;
  private final StoredDeclarations stored = new StoredDeclarations();
  private final Set<UUID> outdated = new LinkedHashSet<>();
  private long numbers;

  DeclarationWriter(
      Function<Write, Future<Void>> pipeline, RegistryStore store, RegistryCore core, Clock clock) {
    this.pipeline = pipeline;
    this.store = store;
    this.core = core;
    this.clock = clock;
  }

  void load(RegistryStore.Stored row) {
    stored.load(row);
    numbers = Math.max(numbers, row.registration());
  }

  /** Rises over restarts, because time does, and within a millisecond, because we count. */
  long nextNumber() {
    numbers = Math.max(numbers + 1, clock.millis() * 1_000);
    return numbers;
  }

  /** Completes when the declaration is stored; writes it unless it is. */
  Future<Void> store(UUID instance, UUID service, Declaration declaration, long number) {
    ServicePolicy policy = core.policy(service);
    byte[] encoded = Translation.encode(declaration);
    byte[] fingerprint = fingerprint(encoded, policy);
    var row =
        new RegistryStore.Declared(
            instance, service, number, fingerprint, encoded, Instant.ofEpochMilli(clock.millis()));
    return stored
        .store(
            instance,
            fingerprint,
            () -> pipeline.apply(store.declare(row, Handling.permitted(policy, declaration))))
        .recover(e -> Future.failedFuture(notStored(e)));
  }

  private static Refused notStored(Throwable e) {
    String text = "declaration not stored: " + e.getMessage();
    WriteFailure.Code code = e instanceof WriteFailure failure ? failure.code() : OUTCOME_UNKNOWN;
    Reason reason = code == FULL ? Reason.OVERLOADED : Reason.UNAVAILABLE;
    return code.maybeWritten() ? Refused.of(reason, text) : Refused.withoutEffect(reason, text);
  }

  /** A registration that began under these flags was taken over. */
  void settled(UUID service, List<Capability> flags) {
    if (!flags.equals(Handling.flags(core.policy(service)))) {
      capabilitiesChanged(service);
    }
  }

  /** Deletes what services must not have; they may have lost capabilities meanwhile. */
  Future<Void> forbidAll() {
    return store.forbid(null).onSuccess(gone -> gone.forEach(stored::forget)).mapEmpty();
  }

  /** Brings the rows of the service in line; tried again by {@link #retry} should that fail. */
  void capabilitiesChanged(UUID service) {
    outdated.remove(service);
    store
        .forbid(service)
        .onSuccess(gone -> gone.forEach(stored::forget))
        .compose(gone -> writeAgain(service))
        .onFailure(
            e -> {
              LOG.warn("method rows delayed service={} reason={}", service, e.toString());
              outdated.add(service);
            });
  }

  private Future<Void> writeAgain(UUID service) {
    List<Future<Void>> writes = new ArrayList<>();
    core.declarations(service)
        .forEach(
            (instance, declaration) ->
                writes.add(store(instance, service, declaration, nextNumber())));
    return Future.join(writes).mapEmpty();
  }

  /** Call it while the database is there. */
  void retry() {
    List.copyOf(outdated).forEach(this::capabilitiesChanged);
  }

  /** Without restrictions it is that of the bytes alone. */
  private static byte[] fingerprint(byte[] declaration, ServicePolicy policy) {
    MessageDigest digest = sha256();
    digest.update(declaration);
    if (!Handling.isUnrestricted(policy)) {
      digest.update(Handling.flags(policy).toString().getBytes(StandardCharsets.UTF_8));
    }
    return digest.digest();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
