package io.trestle.kernel;

import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/**
 * The owner verticle of a module: deployed at its start, undeployed at its stop, which may come
 * without a start or after one that failed.
 */
public final class Deployment {
  private Supplier<Future<Void>> undeploy = Future::succeededFuture;

  /** Nothing yet. */
  public Deployment() {}

  /** Deploys it; completes when it has started. Once. */
  public Future<Void> deploy(Vertx vertx, Deployable verticle) {
    return vertx
        .deployVerticle(verticle)
        .onSuccess(id -> undeploy = () -> vertx.undeploy(id))
        .mapEmpty();
  }

  /** Undeploys it, if it was ever started. */
  public Future<Void> undeploy() {
    return undeploy.get();
  }
}
