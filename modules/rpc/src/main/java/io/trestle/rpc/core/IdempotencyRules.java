package io.trestle.rpc.core;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnsafeByteOperations;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.v1.CallResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.UUID;

/**
 * Idempotency keys on the proxy path (rpc.md 3.4): what a claim found, and what becomes of it.
 *
 * <p><b>State.</b> One row for each key, in PostgreSQL: absent, <em>claimed</em> until the end of a
 * lease, or <em>saved</em> with a reply until the end of the TTL. A row whose time is over counts
 * as absent, whatever else it says. Each claim has an id of its own.
 *
 * <p><b>Course of a call.</b> It writes its claim, which succeeds only where no row holds, and
 * after the commit reads the row. Its own id in it means that the key is its own: it forwards the
 * call, and {@link #after} says whether the reply is saved, the claim released, or the claim left
 * to its lease. Another id means another call: {@link #look}.
 *
 * <p><b>Invariants.</b>
 *
 * <ol>
 *   <li>Two calls of one key are forwarded at the same time only if the lease of the first is over,
 *       and the lease outlives the deadline that the callee was told.
 *   <li>A claim that was taken over can neither save nor release: both name the claim, and the row
 *       has another. So a late reply never replaces that of a later run.
 *   <li>A reply is committed before anybody sees it: what one caller was told, another is told too.
 *   <li>What may have had an effect is never released. Released is what the callee answered with a
 *       status or {@code INTERNAL}, and what provably never reached it.
 * </ol>
 *
 * <p><b>Tried and rejected.</b> Reading before claiming saves the write of a replay, but two calls
 * that read at once still need the claim to decide, so every first call would pay one more round
 * trip. A session lock of PostgreSQL as the claim ends by itself when the kernel dies, but then
 * also when a connection is lost for a moment, while the callee is at work. Renewing a short lease
 * while the call runs would free the key of a dead kernel sooner; but the deadline bounds the lease
 * already, and a database that is away at renewal would let a second call through.
 */
public final class IdempotencyRules {
  /** How long a reply that is under way is waited for after the deadline. */
  public static final long GRACE_MILLIS = 5_000;

  /** No lease is longer, so that every end of a lease is a date. */
  static final long LONGEST_LEASE_MILLIS = 30L * 24 * 3_600 * 1_000;

  private static final String INTERNAL = "INTERNAL";

  /** What becomes of a claim when its call is over. */
  public enum After {
    /** The reply is stored, and only then passed on. */
    SAVE,
    /** The next call with the key runs at once. */
    RELEASE,
    /** Nobody knows what happened: others wait for the end of the lease. */
    KEEP
  }

  private IdempotencyRules() {}

  /** End of the lease of a call with this deadline; unix milliseconds. */
  public static long leaseUntil(long deadlineMillis, long nowMillis) {
    return Math.min(deadlineMillis, nowMillis + LONGEST_LEASE_MILLIS) + GRACE_MILLIS;
  }

  /** SHA-256 of a payload. */
  public static ByteString hash(ByteString payload) {
    MessageDigest digest = IdempotencyKey.sha256();
    for (ByteBuffer part : payload.asReadOnlyByteBufferList()) {
      digest.update(part);
    }
    return UnsafeByteOperations.unsafeWrap(digest.digest());
  }

  /**
   * What the row means to a call, after its claim was committed or while it waits.
   *
   * @param claim the claim of this call
   * @param anyPayload whether a reply is repeated whatever the payload
   */
  public static Look look(
      Optional<Stored> found,
      UUID claim,
      ByteString payloadHash,
      long nowMillis,
      boolean anyPayload) {
    if (found.isEmpty()) {
      return new Look.Vacant();
    }
    Stored row = found.get();
    if (row.claim().equals(claim) && row.reply().isEmpty()) {
      return new Look.Run(row.takenFrom());
    }
    if (!row.holds(nowMillis)) {
      return new Look.Vacant();
    }
    if (mismatch(row.payloadHash(), payloadHash, anyPayload)) {
      return new Look.Mismatch();
    }
    return row.reply()
        .<Look>map(reply -> new Look.Replay(reply, row.payloadHash()))
        .orElseGet(() -> new Look.Wait(row.untilMillis()));
  }

  /** Whether a call may not have the reply to another payload (rule 3). */
  public static boolean mismatch(ByteString claimed, ByteString asked, boolean anyPayload) {
    return !anyPayload && !claimed.equals(asked);
  }

  /**
   * What becomes of the claim (rules 5 and 6).
   *
   * @param reply the message of the answer; empty without one
   */
  public static After after(Verdict verdict, Optional<ByteString> reply) {
    if (reply.isPresent()) {
      return isWorthKeeping(reply.get()) ? After.SAVE : After.RELEASE;
    }
    boolean unknown =
        verdict instanceof Verdict.Unknown
            || (verdict instanceof Verdict.Final
                && verdict.status() == StatusCode.DEADLINE_EXCEEDED);
    return unknown ? After.KEEP : After.RELEASE;
  }

  /** A reply, or a business error. What cannot be read is as good as a failed handler. */
  private static boolean isWorthKeeping(ByteString reply) {
    try {
      CodedInputStream in = reply.newCodedInput();
      in.enableAliasing(true);
      return !CallResponse.parseFrom(in).getErrorCode().equals(INTERNAL);
    } catch (IOException e) {
      return false;
    }
  }
}
