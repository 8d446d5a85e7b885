package io.trestle.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.v1.CallResponse;
import io.trestle.rpc.RpcStore.Claim;
import io.trestle.rpc.core.IdempotencyKey;
import io.trestle.rpc.core.IdempotencyRules;
import io.trestle.rpc.core.Look;
import io.trestle.rpc.core.Stored;
import io.trestle.rpc.core.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A naive model of one idempotency key under a clock of its own. Several callers try and end in any
 * order, early and late; rules and store must say what the model says.
 */
final class IdempotencyModel {
  static final int CALLERS = 4;
  private static final Duration TTL = Duration.ofSeconds(20);
  private static final long TIMEOUT_MILLIS = 5_000;

  private final IdempotencyKey key =
      new IdempotencyKey(UUID.randomUUID(), UUID.randomUUID(), "pay", "k");
  private final Shelf shelf;
  private final boolean anyPayload;
  private final Map<Integer, Claim> running = new HashMap<>();
  private long now = 1_700_000_000_000L;
  private int replies;

  // what the model knows: one holder, perhaps with a reply
  private @Nullable Claim holder;
  private @Nullable ByteString saved;
  private long until;

  /** Where claims and replies are kept. */
  interface Shelf {
    void claim(Claim claim);

    void save(Claim claim, ByteString reply, Instant at, Duration ttl);

    void release(Claim claim);

    Optional<Stored> find(Claim claim);
  }

  /** How a call ends. */
  enum End {
    REPLY,
    BUSINESS_ERROR,
    INTERNAL,
    STATUS,
    REFUSED,
    LOST,
    DEADLINE
  }

  /** What happens next: time passes, then a caller tries, or ends its call if it has one. */
  record Step(long millis, int caller, int payload, End end) {}

  IdempotencyModel(Shelf shelf, boolean anyPayload) {
    this.shelf = shelf;
    this.anyPayload = anyPayload;
  }

  void play(List<Step> steps) {
    for (Step step : steps) {
      now += step.millis();
      Claim mine = running.remove(step.caller());
      if (mine == null) {
        attempt(step);
      } else {
        end(mine, step.end());
      }
      long live = running.values().stream().filter(c -> until(c) > now).count();
      assertThat(live).as("calls within their lease").isLessThanOrEqualTo(1);
    }
  }

  private static long until(Claim claim) {
    return claim.leaseUntil().toEpochMilli();
  }

  private void attempt(Step step) {
    Claim claim = claim(step.payload());
    Look expected = expected(claim);
    shelf.claim(claim);
    Look look = look(claim, shelf.find(claim));

    assertThat(look).isEqualTo(expected);
    if (look instanceof Look.Run) {
      running.put(step.caller(), claim);
      holder = claim;
      saved = null;
      until = until(claim);
    }
  }

  private Look look(Claim claim, Optional<Stored> found) {
    return IdempotencyRules.look(found, claim.claimId(), claim.payloadHash(), now, anyPayload);
  }

  private Look expected(Claim claim) {
    Claim other = holder;
    if (other == null) {
      return new Look.Run(Optional.empty());
    } else if (until <= now) {
      return new Look.Run(saved == null ? Optional.of(other.claimId()) : Optional.empty());
    } else if (!anyPayload && !other.payloadHash().equals(claim.payloadHash())) {
      return new Look.Mismatch();
    }
    return saved == null ? new Look.Wait(until) : new Look.Replay(saved, other.payloadHash());
  }

  private Claim claim(int payload) {
    return new Claim(
        key,
        key.id(),
        RpcDatabase.KERNEL,
        UUID.randomUUID(),
        IdempotencyRules.hash(ByteString.copyFromUtf8("payload " + payload)),
        Instant.ofEpochMilli(now),
        Instant.ofEpochMilli(IdempotencyRules.leaseUntil(now + TIMEOUT_MILLIS, now)));
  }

  private void end(Claim mine, End end) {
    Optional<ByteString> reply = reply(end);
    boolean mineStill = mine.equals(holder) && saved == null;
    switch (IdempotencyRules.after(verdict(end), reply)) {
      case SAVE -> {
        shelf.save(mine, reply.orElseThrow(), Instant.ofEpochMilli(now), TTL);
        if (mineStill) {
          saved = reply.orElseThrow();
          until = now + TTL.toMillis();
        }
      }
      case RELEASE -> {
        shelf.release(mine);
        holder = mineStill ? null : holder;
      }
      case KEEP -> assertThat(end).isIn(End.LOST, End.DEADLINE);
    }
  }

  private Optional<ByteString> reply(End end) {
    return switch (end) {
      case REPLY -> Optional.of(response(""));
      case BUSINESS_ERROR -> Optional.of(response("CARD_DECLINED"));
      case INTERNAL -> Optional.of(response("INTERNAL"));
      default -> Optional.empty();
    };
  }

  private ByteString response(String error) {
    replies++;
    ByteString payload = ByteString.copyFromUtf8("reply " + replies);
    return CallResponse.newBuilder().setPayload(payload).setErrorCode(error).build().toByteString();
  }

  private static Verdict verdict(End end) {
    return switch (end) {
      case STATUS -> new Verdict.Final(StatusCode.ABORTED, "");
      case DEADLINE -> new Verdict.Final(StatusCode.DEADLINE_EXCEEDED, "");
      case REFUSED -> new Verdict.TryNext(StatusCode.UNAVAILABLE, "");
      case LOST -> Verdict.outcomeUnknown();
      default -> new Verdict.Answer();
    };
  }
}
