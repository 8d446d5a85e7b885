package io.trestle.registry;

import io.trestle.conversations.Policies.Change;
import io.trestle.conversations.Policies.Show;
import io.trestle.conversations.Policies.Shown;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.protocol.policy.Rule;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators do with policies. A change is one statement; it is committed first, then the
 * follower reads it and the gates apply it, then the operator is answered.
 */
final class PolicyDesk {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyDesk.class);
  private static final long EFFECT_MILLIS = 2_000;
  private static final String FOREIGN_KEY_VIOLATION = "23503";

  private final PolicyStore store;
  private final PolicyFollower follower;

  PolicyDesk(PolicyStore store, PolicyFollower follower) {
    this.store = store;
    this.follower = follower;
  }

  Future<Shown> show(Show question) {
    return resolve(List.of(question.nameOrId()), "service")
        .compose(found -> shown(id(found, question.nameOrId())))
        .recover(PolicyDesk::refusal);
  }

  Future<Shown> set(Change question) {
    PolicyRequest request = PolicyRequest.of(question);
    return resolve(List.of(question.nameOrId()), "service")
        .map(found -> id(found, question.nameOrId()))
        .compose(
            service ->
                resolve(request.peers(), "peer")
                    .compose(peers -> save(service, request, peers))
                    .compose(saved -> effective(service))
                    .compose(effective -> shown(service)))
        .recover(PolicyDesk::refusal);
  }

  private Future<Void> save(UUID service, PolicyRequest request, Map<String, UUID> peers) {
    List<Rule> rules =
        request.wanted().stream().map(wanted -> wanted.rule(peers)).distinct().toList();
    return store
        .save(service, request.flags(), request.actions(), rules)
        .onSuccess(saved -> LOG.info("policy saved service={} rules={}", service, rules.size()));
  }

  /** The commit stands whatever happens now; the effects follow at the latest with the poll. */
  private Future<Void> effective(UUID service) {
    return follower
        .reread(service)
        .timeout(EFFECT_MILLIS, TimeUnit.MILLISECONDS)
        .recover(
            failure -> {
              LOG.warn("policy delayed service={} reason={}", service, failure.toString());
              return Future.succeededFuture();
            });
  }

  private Future<Shown> shown(UUID service) {
    return store
        .shown(service)
        .map(
            found ->
                found.orElseThrow(
                    () -> Refused.of(Reason.NOT_FOUND, "service: " + service + " was deleted")));
  }

  private Future<Map<String, UUID>> resolve(List<String> namesOrIds, String what) {
    return store
        .resolve(namesOrIds)
        .map(
            found -> {
              for (String name : namesOrIds) {
                if (!found.containsKey(name)) {
                  throw Refused.of(
                      Reason.NOT_FOUND,
                      what + ": " + PolicyText.shown(name) + " (expected: a known name or id)");
                }
              }
              return found;
            });
  }

  private static UUID id(Map<String, UUID> found, String name) {
    UUID id = found.get(name);
    if (id == null) {
      throw new IllegalStateException("resolved before: " + name);
    }
    return id;
  }

  static <T> Future<T> refusal(Throwable failure) {
    if (failure instanceof Refused) {
      return Future.failedFuture(failure);
    }
    String state = failure instanceof PgException problem ? problem.getSqlState() : "08";
    if (FOREIGN_KEY_VIOLATION.equals(state)) {
      return Future.failedFuture(
          Refused.of(Reason.NOT_FOUND, "a service of the rules was deleted meanwhile"));
    }
    boolean away = state == null || state.matches("(08|53|57|58).*");
    return Future.failedFuture(
        away ? Refused.of(Reason.UNAVAILABLE, "the database is away, try again later") : failure);
  }
}
