package io.trestle.pki;

import io.trestle.conversations.AccessNews;
import io.trestle.conversations.Conversation;
import io.trestle.conversations.Leaves;
import io.trestle.conversations.Services;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.bus.Bus.Registration;
import io.trestle.kernel.database.DatabaseState;
import io.trestle.kernel.gateway.Authenticator;
import io.trestle.kernel.gateway.Facade;
import io.trestle.protocol.ExtensionMethods;
import io.trestle.protocol.Methods;
import io.trestle.protocol.UuidText;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The owner of the access state: loads it, keeps it in step with the tables, answers the
 * conversations of the PKI, and does what falls due.
 */
final class PkiVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(PkiVerticle.class);
  private static final String CHANNEL = "services_changed";
  private static final long TICK_MILLIS = 5_000;
  private static final long SWEEP_MILLIS = 60_000;

  private final ModuleContext house;
  private final Issuer issuer;
  private final RuntimeCertificate runtimeCertificate;
  private final SecureRandom random;
  private final List<Registration> registrations = new ArrayList<>();
  private volatile boolean stopped;

  PkiVerticle(
      ModuleContext house,
      Issuer issuer,
      RuntimeCertificate runtimeCertificate,
      SecureRandom random) {
    this.house = house;
    this.issuer = issuer;
    this.runtimeCertificate = runtimeCertificate;
    this.random = random;
  }

  @Override
  public Future<?> start() {
    PkiParts parts = PkiParts.of(house, issuer, random, context);
    return runtimeCertificate
        .renewIfDue()
        .compose(shown -> follow(parts.owner()))
        .compose(listening -> parts.owner().load())
        .onSuccess(loaded -> open(parts));
  }

  @Override
  public Future<?> stop() {
    stopped = true;
    registrations.forEach(Registration::close);
    return Future.succeededFuture();
  }

  private void open(PkiParts parts) {
    answer(parts);
    schedule(parts);
    house.meters().gauge("trestle.pki.instances", parts.state(), state -> state.instanceCount());
    Authenticator certificates =
        new CertificateAuthenticator(parts.state(), parts.ledger(), house.clock());
    house.gateway().mount(new Facade(Methods.PACKAGE, certificates));
    house.gateway().mount(new Facade(ExtensionMethods.PACKAGE, certificates));
  }

  /** LISTEN first and load then, so that no change falls between the two. */
  private Future<Void> follow(AccessOwner owner) {
    house
        .database()
        .notifications()
        .onReconnect(() -> stopped ? Future.succeededFuture() : owner.rereadAll());
    return house.database().notifications().listen(CHANNEL, payload -> changed(owner, payload));
  }

  private void changed(AccessOwner owner, String payload) {
    if (stopped) {
      return;
    }
    Future<Void> read =
        UuidText.parse(payload)
            .map(UUID::fromString)
            .map(owner::reread)
            .orElseGet(owner::rereadAll);
    read.onFailure(failure -> LOG.warn("services not read reason={}", failure.toString()));
  }

  private void answer(PkiParts parts) {
    ServiceDesk desk = parts.desk();
    answer(Leaves.PROVISION, parts.provisioning()::provision);
    answer(Leaves.REFRESH, parts.renewal()::refresh);
    answer(AccessNews.ALL, question -> Future.succeededFuture(parts.owner().all()));
    promptly(Services.CREATE, desk::create);
    promptly(Services.LIST, question -> desk.list());
    promptly(Services.REVOKE, desk::revoke);
    promptly(Services.ACTIVATE, desk::activate);
    promptly(Services.ADD_KEY, desk::addKey);
    promptly(Services.LIST_KEYS, desk::listKeys);
    promptly(Services.REVOKE_KEY, desk::revokeKey);
    promptly(Services.REVOKE_INSTANCE, desk::revokeInstance);
  }

  private <Q extends Record, A extends Record> void answer(
      Conversation<Q, A> conversation, Function<Q, Future<A>> answerer) {
    registrations.add(house.bus().answer(conversation, answerer));
  }

  /** Operators wait for their answer: at once while the database is away, soon in any case. */
  private <Q extends Record, A extends Record> void promptly(
      Conversation<Q, A> conversation, Function<Q, Future<A>> answerer) {
    answer(
        conversation,
        question ->
            house
                .database()
                .promptly(() -> answerer.apply(question))
                .recover(DatabaseRefusals::away));
  }

  private void schedule(PkiParts parts) {
    vertx.setPeriodic(house.poll().toMillis(), id -> poll(parts.owner()));
    vertx.setPeriodic(TICK_MILLIS, id -> tick(parts));
    vertx.setPeriodic(0, SWEEP_MILLIS, id -> sweep(parts));
  }

  private void poll(AccessOwner owner) {
    if (available()) {
      owner
          .rereadAll()
          .onFailure(failure -> LOG.warn("services not read reason={}", failure.toString()));
    }
  }

  private void tick(PkiParts parts) {
    parts.sweeper().turnAwayExpired();
    parts.provisioning().tidy();
    parts.renewal().tidy();
    if (available()) {
      parts.ledger().retry();
    }
  }

  private void sweep(PkiParts parts) {
    parts
        .sweeper()
        .deleteRows()
        .onFailure(failure -> LOG.warn("rows not swept reason={}", failure.toString()));
    runtimeCertificate
        .renewIfDue()
        .onFailure(failure -> LOG.error("runtime certificate not renewed", failure));
  }

  private boolean available() {
    return house.database().state() == DatabaseState.AVAILABLE;
  }
}
