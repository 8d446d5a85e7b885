package io.trestle.rpc;

import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.database.DatabaseState;
import io.vertx.core.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes rows of idempotency keys whose time is over (rpc.md 3.4, rule 7). */
final class KeySweeper {
  private static final Logger LOG = LoggerFactory.getLogger(KeySweeper.class);
  private static final long EVERY_MILLIS = 10_000;

  private final ModuleContext house;
  private final RpcStore store;
  private final long timer;
  private boolean sweeping;

  KeySweeper(ModuleContext house, RpcStore store) {
    this.house = house;
    this.store = store;
    this.timer = house.vertx().setPeriodic(EVERY_MILLIS, id -> sweep());
  }

  void stop() {
    house.vertx().cancelTimer(timer);
  }

  private void sweep() {
    if (sweeping || house.database().state() == DatabaseState.AWAY) {
      return;
    }
    sweeping = true;
    untilFew()
        .onComplete(done -> sweeping = false)
        .onFailure(e -> LOG.warn("idempotency keys not swept reason={}", e.getMessage()));
  }

  /** One batch after the other, each in a transaction of its own. */
  private Future<Void> untilFew() {
    return store
        .sweep(house.clock().millis())
        .compose(
            count -> {
              LOG.debug("idempotency keys swept rows={}", count);
              return count < RpcStore.SWEPT_AT_A_TIME ? Future.succeededFuture() : untilFew();
            });
  }
}
