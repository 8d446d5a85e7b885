package io.trestle.pki;

import io.trestle.kernel.Deployment;
import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.config.GatewayConfig;
import io.trestle.kernel.settings.IdentitySettings;
import io.trestle.pki.core.CertificateAuthority;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.security.SecureRandom;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Identities for services: opens the authority, shows the runtime's certificate, guards {@code
 * servicebridge.v1} with leaves, issues and revokes them.
 */
public final class PkiModule implements Module {
  private static final Logger LOG = LoggerFactory.getLogger(PkiModule.class);
  private static final Duration SHORTEST_FOR_USE = Duration.ofMinutes(40);

  private final SecureRandom random = new SecureRandom();
  private @Nullable WorkerExecutor workers;
  private final Deployment deployment = new Deployment();

  /** For {@link java.util.ServiceLoader}. */
  public PkiModule() {}

  @Override
  public String name() {
    return "pki";
  }

  @Override
  public Future<Void> start(ModuleContext house) {
    int cores = Math.max(2, Runtime.getRuntime().availableProcessors());
    WorkerExecutor pool = house.vertx().createSharedWorkerExecutor("trestle-pki", cores);
    workers = pool;
    warnOfShortLeaves(house);
    return new AuthorityStore(house.database().pool(), pool, random)
        .open(AuthorityStore.MAIN, house.clock().millis())
        .compose(authority -> deploy(house, authority, pool))
        .onSuccess(deployed -> mount(house));
  }

  @Override
  public Future<Void> stop() {
    return deployment.undeploy().transform(gone -> closeWorkers());
  }

  private Future<Void> deploy(
      ModuleContext house, CertificateAuthority authority, WorkerExecutor pool) {
    Issuer issuer =
        new Issuer(
            authority, pool, () -> house.settings().get(IdentitySettings.LEAF_TTL), house.clock());
    RuntimeCertificate certificate =
        new RuntimeCertificate(
            authority,
            pool,
            house.clock(),
            random,
            house.config(GatewayConfig.class).names(),
            (identity, root) -> {
              house.runtimeIdentity().set(identity, root);
              return house.gateway().identity(identity, root);
            });
    return deployment.deploy(house.vertx(), new PkiVerticle(house, issuer, certificate, random));
  }

  private static void mount(ModuleContext house) {
    ServiceBridgeMethods.mount(house.gateway(), house.bus());
    AdminProcedures.mount(house.web(), house.bus());
  }

  private Future<Void> closeWorkers() {
    WorkerExecutor pool = workers;
    workers = null;
    return pool == null ? Future.succeededFuture() : pool.close();
  }

  private static void warnOfShortLeaves(ModuleContext house) {
    warnIfShort(house.settings().get(IdentitySettings.LEAF_TTL));
    house.settings().onChange(IdentitySettings.LEAF_TTL, PkiModule::warnIfShort);
  }

  /** SDKs renew 30 minutes ahead: with shorter leaves they renew without end. */
  private static void warnIfShort(Duration lifetime) {
    if (lifetime.compareTo(SHORTEST_FOR_USE) < 0) {
      LOG.warn(
          "leaves live too short for use pki.leaf_ttl_ms={} expected_at_least={}",
          lifetime.toMillis(),
          SHORTEST_FOR_USE.toMillis());
    }
  }
}
