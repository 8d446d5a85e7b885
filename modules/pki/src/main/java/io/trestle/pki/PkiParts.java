package io.trestle.pki;

import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.settings.IdentitySettings;
import io.trestle.pki.core.AccessState;
import io.vertx.core.Context;
import java.security.SecureRandom;
import java.util.function.IntSupplier;

/** What the verticle owns, put together for its context. */
record PkiParts(
    AccessState state,
    AccessOwner owner,
    LeafLedger ledger,
    Provisioning provisioning,
    Renewal renewal,
    ServiceDesk desk,
    Sweeper sweeper) {
  static PkiParts of(ModuleContext house, Issuer issuer, SecureRandom random, Context context) {
    Database database = house.database();
    ServiceStore services = new ServiceStore(database.pool(), database.writes());
    InstanceStore instances =
        new InstanceStore(database.pool(), database.writes(), house.pipeline());
    AccessState state = new AccessState();
    AccessOwner owner =
        new AccessOwner(
            context, state, services, instances, house.bus(), house.gateway(), house.clock());
    LeafLedger ledger = new LeafLedger(state, owner, instances);
    Provisioning provisioning =
        new Provisioning(
            context,
            concurrency(house),
            issuer,
            new KeyCheck(database, state, owner, services),
            ledger,
            house.ids(),
            house.clock(),
            house.meters());
    Renewal renewal = new Renewal(database, state, issuer, ledger, house.clock());
    ServiceDesk desk =
        new ServiceDesk(services, instances, owner, issuer.authority(), house.ids(), random);
    Sweeper sweeper =
        new Sweeper(database, instances, state, house.gateway(), house.settings(), house.clock());
    return new PkiParts(state, owner, ledger, provisioning, renewal, desk, sweeper);
  }

  /** 0 stands for twice the number of cores. */
  private static IntSupplier concurrency(ModuleContext house) {
    int cores = Runtime.getRuntime().availableProcessors();
    return () -> {
      int set = house.settings().get(IdentitySettings.PROVISION_CONCURRENCY);
      return set == 0 ? 2 * cores : set;
    };
  }
}
