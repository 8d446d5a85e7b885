package io.trestle.registry;

import io.trestle.conversations.Policies;
import io.trestle.conversations.Policies.Policy;
import io.trestle.conversations.Policies.Shown;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.database.DatabaseState;
import io.trestle.protocol.UuidText;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The policies of the house: follows their tables by notification, poll and reconnect, and answers
 * the conversation about them. What a change means is the registry core's to say.
 */
final class PolicyOffice {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyOffice.class);
  private static final String CHANNEL = "policy_changed";

  private final ModuleContext house;
  private final Supplier<Map<UUID, ServicePolicy>> all;
  private final PolicyFollower follower;
  private final PolicyDesk desk;
  private volatile boolean closed;

  PolicyOffice(
      ModuleContext house,
      Context context,
      Supplier<Map<UUID, ServicePolicy>> all,
      BiConsumer<UUID, ServicePolicy> changed) {
    this.house = house;
    this.all = all;
    PolicyStore store = new PolicyStore(house.database().pool(), house.database().writes());
    this.follower = new PolicyFollower(context, store, changed);
    this.desk = new PolicyDesk(store, follower);
  }

  /** LISTEN first and read then, so that no change falls between the two. */
  Future<Void> open() {
    house
        .database()
        .notifications()
        .onReconnect(() -> closed ? Future.succeededFuture() : follower.rereadAll());
    return house
        .database()
        .notifications()
        .listen(CHANNEL, this::notified)
        .compose(listening -> follower.rereadAll())
        .onSuccess(read -> answer());
  }

  /** Nothing is read any more. */
  void close() {
    closed = true;
  }

  private void answer() {
    house.bus().answer(Policies.ALL, q -> Future.succeededFuture(new Policies.All(told())));
    house.bus().answer(Policies.SHOW, question -> promptly(() -> desk.show(question)));
    house.bus().answer(Policies.SET, question -> promptly(() -> desk.set(question)));
    house.vertx().setPeriodic(house.poll().toMillis(), id -> poll());
  }

  private Future<Shown> promptly(Supplier<Future<Shown>> work) {
    return house.database().promptly(work).recover(PolicyDesk::refusal);
  }

  private void notified(String payload) {
    if (!closed) {
      logged(
          UuidText.parse(payload)
              .map(UUID::fromString)
              .map(follower::reread)
              .orElseGet(follower::rereadAll));
    }
  }

  private void poll() {
    if (house.database().state() == DatabaseState.AVAILABLE) {
      logged(follower.rereadAll());
    }
  }

  private static void logged(Future<Void> read) {
    read.onFailure(failure -> LOG.warn("policies not read reason={}", failure.toString()));
  }

  private List<Policy> told() {
    List<Policy> told = new ArrayList<>();
    all.get().forEach((service, policy) -> told.add(told(service, policy)));
    return told;
  }

  /** A policy as the others are told. */
  static Policy told(UUID service, ServicePolicy policy) {
    return new Policy(
        service,
        policy.capabilities().stream().map(Capability::text).toList(),
        policy.rules().stream().map(PolicyOffice::told).toList());
  }

  private static Policies.Rule told(Rule rule) {
    return new Policies.Rule(
        rule.action().direction().code(), rule.action().text(), rule.peer(), rule.target());
  }
}
