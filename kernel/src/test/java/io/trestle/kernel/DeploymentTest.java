package io.trestle.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeploymentTest {
  private final Vertx vertx = Vertx.vertx();
  private final Deployment deployment = new Deployment();
  private final List<String> told = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    vertx.close().await();
  }

  private final class Owner extends VerticleBase {
    private final Future<?> started;

    Owner(Future<?> started) {
      this.started = started;
    }

    @Override
    public Future<?> start() {
      told.add("start");
      return started;
    }

    @Override
    public Future<?> stop() {
      told.add("stop");
      return Future.succeededFuture();
    }
  }

  @Test
  void verticle_isStopped_ifItWasStarted() {
    deployment.deploy(vertx, new Owner(Future.succeededFuture())).await();
    deployment.undeploy().await();
    assertThat(told).containsExactly("start", "stop");
  }

  @Test
  void neverDeployed_orNotStarted_thereIsNothingToUndo() {
    deployment.undeploy().await();
    assertThatThrownBy(() -> deployment.deploy(vertx, new Owner(Future.failedFuture("no"))).await())
        .hasMessage("no");
    deployment.undeploy().await();
    assertThat(told).containsExactly("start");
  }
}
