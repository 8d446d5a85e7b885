package io.trestle.rpc;

import com.google.protobuf.ByteString;
import io.micrometer.core.instrument.MeterRegistry;
import io.trestle.kernel.Clock;
import io.trestle.kernel.Ids;
import io.trestle.kernel.settings.RpcSettings;
import io.trestle.kernel.settings.RpcSettings.OnMismatch;
import io.trestle.kernel.settings.Settings;
import io.trestle.rpc.RpcStore.Claim;
import io.trestle.rpc.core.HeldBytes;
import io.trestle.rpc.core.IdempotencyKey;
import io.trestle.rpc.core.IdempotencyRules;
import io.trestle.rpc.core.KeyTable;
import io.trestle.rpc.core.Stored;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all calls with an idempotency key share: the table of those under way, the store, the
 * settings in force, metrics and log lines. Safe from any thread.
 */
final class IdempotencyDesk {
  private static final Logger LOG = LoggerFactory.getLogger(IdempotencyDesk.class);
  private static final String EVENTS = "trestle_rpc_idempotency";
  private static final long WARN_MILLIS = 1_000;
  private static final long CLAIM_PATIENCE_MILLIS = 2_000;

  private final RpcStore store;
  private final Clock clock;
  private final Ids ids;
  private final UUID kernelId;
  private final MeterRegistry meters;
  private final Rules rules;
  private final KeyTable keys = new KeyTable(KeyTable.Bounds.DEFAULT);
  private final HeldBytes held = new HeldBytes(HeldBytes.DEFAULT);
  private final AtomicLong warnAgainAt = new AtomicLong(Long.MIN_VALUE);

  /** What is counted, as tag {@code event} of the counter {@code trestle_rpc_idempotency}. */
  enum Event {
    CLAIMED,
    TAKEN_OVER,
    SAVED,
    RELEASED,
    KEPT,
    REPLAYED,
    MISMATCH,
    NOT_CLAIMED,
    NOT_SAVED
  }

  /**
   * The settings in force.
   *
   * @param ttl how long a reply is repeated
   * @param anyPayload whether a used key with another payload gets the first reply
   */
  record Rules(Supplier<Duration> ttl, BooleanSupplier anyPayload) {
    static Rules of(Settings settings) {
      return new Rules(
          () -> settings.get(RpcSettings.IDEMPOTENCY_RPC_TTL),
          () -> settings.get(RpcSettings.ON_MISMATCH) == OnMismatch.REPLAY);
    }
  }

  IdempotencyDesk(
      RpcStore store, Clock clock, Ids ids, UUID kernelId, MeterRegistry meters, Rules rules) {
    this.store = store;
    this.clock = clock;
    this.ids = ids;
    this.kernelId = kernelId;
    this.meters = meters;
    this.rules = rules;
    meters.gauge("trestle_rpc_idempotency_waiting", keys, KeyTable::waiting);
    meters.gauge("trestle_rpc_idempotency_under_way", keys, KeyTable::leading);
    meters.gauge("trestle_rpc_idempotency_held_bytes", held, HeldBytes::held);
  }

  HeldBytes held() {
    return held;
  }

  KeyTable keys() {
    return keys;
  }

  /** A new claim of this key. */
  Claim claim(IdempotencyKey key, byte[] rowId, ByteString payloadHash, long deadlineMillis) {
    long now = clock.millis();
    return new Claim(
        key,
        rowId,
        kernelId,
        ids.next(),
        payloadHash,
        Instant.ofEpochMilli(now),
        Instant.ofEpochMilli(IdempotencyRules.leaseUntil(deadlineMillis, now)));
  }

  /** Commits a claim and reads who has the key now. A database that is away is not waited for. */
  Future<Optional<Stored>> write(Claim claim, long remainingMillis) {
    long patience = Math.max(1, Math.min(CLAIM_PATIENCE_MILLIS, remainingMillis));
    return store.claim(claim, Duration.ofMillis(patience)).compose(committed -> store.find(claim));
  }

  /** Reads who has the key. */
  Future<Optional<Stored>> read(Claim claim) {
    return store.find(claim);
  }

  /** Stores a reply for the TTL in force. */
  Future<Void> save(Claim claim, ByteString reply) {
    Instant now = Instant.ofEpochMilli(clock.millis());
    Duration ttl = rules.ttl().get();
    return store
        .save(new RpcStore.Saved(claim, reply, now, ttl), whileLeased(claim))
        .onSuccess(committed -> count(Event.SAVED));
  }

  /** Gives the key back. Nobody waits for it: the next claim is in order behind it. */
  void release(Claim claim) {
    count(Event.RELEASED);
    store
        .release(claim, whileLeased(claim))
        .onFailure(
            e ->
                LOG.debug(
                    "idempotency claim not released claim={} until={} reason={}",
                    claim.claimId(),
                    claim.leaseUntil(),
                    e.getMessage()));
  }

  private Duration whileLeased(Claim claim) {
    return Duration.ofMillis(Math.max(1, claim.leaseUntil().toEpochMilli() - clock.millis()));
  }

  /** Whether a used key with another payload gets the first reply. */
  boolean anyPayload() {
    return rules.anyPayload().getAsBoolean();
  }

  void claimed(Claim claim, Optional<UUID> takenFrom) {
    count(Event.CLAIMED);
    takenFrom.ifPresent(
        from -> {
          count(Event.TAKEN_OVER);
          LOG.info("idempotency lease ended, taken over claim={} from={}", claim.claimId(), from);
        });
  }

  /** Counts each, and logs one a second. */
  void mismatch(IdempotencyKey key) {
    count(Event.MISMATCH);
    long now = clock.millis();
    long next = warnAgainAt.get();
    if (now >= next && warnAgainAt.compareAndSet(next, now + WARN_MILLIS)) {
      LOG.warn(
          "idempotency mismatch caller={} target={} method={} key={}",
          key.caller(),
          key.target(),
          key.shownMethod(),
          key.shownKey());
    }
  }

  /** Most often the database is away, which others say louder. */
  void notClaimed(Claim claim, Throwable why) {
    count(Event.NOT_CLAIMED);
    LOG.debug("idempotency key not claimed claim={} reason={}", claim.claimId(), why.toString());
  }

  /** Says that a reply could not be stored; the caller was told that its outcome is unknown. */
  void notSaved(Claim claim, Throwable why) {
    count(Event.NOT_SAVED);
    LOG.warn("idempotency reply not saved claim={} reason={}", claim.claimId(), why.getMessage());
  }

  void count(Event event) {
    meters.counter(EVENTS, "event", event.name().toLowerCase(Locale.ROOT)).increment();
  }
}
