package io.trestle.registry;

import io.trestle.conversations.Policies.Shown;
import io.trestle.conversations.Policies.ShownRule;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Direction;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rows of one service as operators see them, with what they should know about them. */
final class ShownPolicy {
  private final List<ShownRule> rules = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  private ShownPolicy() {}

  /** Of one row a rule, and one row without a rule if there is none; empty without rows. */
  static Optional<Shown> of(UUID service, RowSet<Row> rows) {
    if (rows.size() == 0) {
      return Optional.empty();
    }
    ShownPolicy shown = new ShownPolicy();
    for (Row row : rows) {
      if (row.getString("direction") != null) {
        shown.add(row);
      }
    }
    Row any = rows.iterator().next();
    List<String> capabilities =
        PolicyStore.capabilities(any.getInteger("flags")).stream().map(Capability::text).toList();
    return Optional.of(
        new Shown(
            service,
            any.getString("name"),
            any.getString("status"),
            capabilities,
            shown.rules,
            shown.notes));
  }

  private void add(Row row) {
    @Nullable String peerName = row.getString("peer_name");
    ShownRule rule =
        new ShownRule(
            row.getString("direction"),
            row.getString("action"),
            row.getUUID("peer_service"),
            peerName == null ? "" : peerName,
            row.getString("target_name"));
    rules.add(rule);
    String fault = PolicyText.fault(rule.direction(), rule.action(), rule.targetName());
    if (fault != null) {
      notes.add("matches nothing: " + fault);
    } else if (leavesEverythingVisible(rule)) {
      notes.add(
          "%s */%s: a rule for any service leaves every method visible, and callees do not check it on direct calls"
              .formatted(rule.action(), rule.targetName()));
    }
  }

  /** Rpc.md 2.2 rule 6. */
  private static boolean leavesEverythingVisible(ShownRule rule) {
    return rule.direction().equals(Direction.EGRESS.code())
        && rule.peerServiceId() == null
        && !rule.action().equals("event.publish");
  }
}
