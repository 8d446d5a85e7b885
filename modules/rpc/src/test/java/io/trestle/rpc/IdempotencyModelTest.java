package io.trestle.rpc;

import static io.trestle.rpc.RpcDatabase.await;

import com.google.protobuf.ByteString;
import io.trestle.rpc.IdempotencyModel.End;
import io.trestle.rpc.IdempotencyModel.Shelf;
import io.trestle.rpc.IdempotencyModel.Step;
import io.trestle.rpc.RpcStore.Claim;
import io.trestle.rpc.RpcStore.Saved;
import io.trestle.rpc.core.Stored;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import org.jspecify.annotations.Nullable;

/** Rules and SQL against the model. */
class IdempotencyModelTest {
  private static @Nullable RpcDatabase database;

  @AfterContainer
  static void close() {
    if (database != null) {
      database.close();
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Long> millis =
        Arbitraries.oneOf(
            Arbitraries.longs().between(0, 10),
            Arbitraries.of(9_999L, 10_000L, 19_999L, 20_000L),
            Arbitraries.longs().between(0, 25_000));
    return Combinators.combine(
            millis,
            Arbitraries.integers().between(1, IdempotencyModel.CALLERS),
            Arbitraries.integers().between(1, 2),
            Arbitraries.of(End.class))
        .as(Step::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(40);
  }

  @Property(tries = 2_000)
  void rules_agreeWithTheModel(@ForAll("steps") List<Step> steps, @ForAll boolean anyPayload) {
    new IdempotencyModel(new InMemory(), anyPayload).play(steps);
  }

  @Property(tries = 40)
  void rulesAndSql_agreeWithTheModel(
      @ForAll("steps") List<Step> steps, @ForAll boolean anyPayload) {
    new IdempotencyModel(new InPostgres(store()), anyPayload).play(steps);
  }

  private static synchronized RpcStore store() {
    RpcDatabase open = database;
    if (open == null) {
      open = new RpcDatabase();
      database = open;
    }
    return open.store();
  }

  /** What the statements do, in a few lines, for one key. */
  private static final class InMemory implements Shelf {
    private Optional<Stored> row = Optional.empty();

    @Override
    public void claim(Claim claim) {
      long at = claim.at().toEpochMilli();
      if (row.isEmpty() || row.get().untilMillis() <= at) {
        row =
            Optional.of(
                new Stored(
                    claim.claimId(),
                    row.filter(old -> old.reply().isEmpty()).map(Stored::claim),
                    claim.payloadHash(),
                    claim.leaseUntil().toEpochMilli(),
                    Optional.empty()));
      }
    }

    @Override
    public void save(Claim claim, ByteString reply, Instant at, Duration ttl) {
      if (isClaimedBy(claim)) {
        long until = at.plus(ttl).toEpochMilli();
        row =
            row.map(
                old ->
                    new Stored(
                        old.claim(),
                        old.takenFrom(),
                        old.payloadHash(),
                        until,
                        Optional.of(reply)));
      }
    }

    @Override
    public void release(Claim claim) {
      if (isClaimedBy(claim)) {
        row = Optional.empty();
      }
    }

    @Override
    public Optional<Stored> find(Claim claim) {
      return row;
    }

    private boolean isClaimedBy(Claim claim) {
      return row.filter(r -> r.claim().equals(claim.claimId()) && r.reply().isEmpty()).isPresent();
    }
  }

  private record InPostgres(RpcStore store) implements Shelf {
    private static final Duration WITHIN = Duration.ofSeconds(10);

    @Override
    public void claim(Claim claim) {
      await(store.claim(claim, WITHIN));
    }

    @Override
    public void save(Claim claim, ByteString reply, Instant at, Duration ttl) {
      await(store.save(new Saved(claim, reply, at, ttl), WITHIN));
    }

    @Override
    public void release(Claim claim) {
      await(store.release(claim, WITHIN));
    }

    @Override
    public Optional<Stored> find(Claim claim) {
      return await(store.find(claim));
    }
  }
}
