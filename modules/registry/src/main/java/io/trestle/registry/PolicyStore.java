package io.trestle.registry;

import io.trestle.conversations.Policies.Shown;
import io.trestle.kernel.database.DirectWrites;
import io.trestle.protocol.UuidText;
import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * All SQL of the access policy: the flags in {@code services}, the rules in {@code
 * service_policy_rules}. Rows are edited by hand too, so whatever is in them is read; what cannot
 * be understood is reported beside the policy.
 */
final class PolicyStore {
  /** One bit a flag, in the order of {@link Capability}. */
  private static final String FLAGS =
      """
      (s.cap_rpc_handle::int + 2 * s.cap_event_handle::int + 4 * s.cap_workflow_handle::int
        + 8 * s.cap_job_handle::int + 16 * s.cap_rpc_call::int + 32 * s.cap_event_publish::int
        + 64 * s.cap_workflow_run::int)
      """;

  private static final int ALL_FLAGS = (1 << Capability.values().length) - 1;

  /** What tells two sets of rules apart; null for no rules. */
  private static final String WITH_DIGEST =
      """
      FROM services s
      LEFT JOIN LATERAL
        (SELECT hashtextextended(string_agg(concat_ws(chr(31), r.direction, r.action,
             COALESCE(r.peer_service::text, '-'), r.target_name), chr(30)
             ORDER BY r.direction, r.action, r.peer_service, r.target_name), 0) AS rules
         FROM service_policy_rules r WHERE r.service_id = s.id) d ON true
      """;

  /**
   * Services that are not as a new one is. Whole tables, at start and at each poll; the rules of
   * each service by service_policy_rules' unique index.
   */
  private static final String VERSIONS =
      "SELECT s.id, "
          + FLAGS
          + " AS flags, d.rules "
          + WITH_DIGEST
          + "WHERE d.rules IS NOT NULL OR "
          + FLAGS
          + " <> "
          + ALL_FLAGS;

  /** services_pkey and service_policy_rules' unique index. */
  private static final String SOME =
      "SELECT s.id, "
          + FLAGS
          + " AS flags, d.rules, r.direction, r.action, r.peer_service,"
          + " r.target_name "
          + WITH_DIGEST
          + """
          LEFT JOIN service_policy_rules r ON r.service_id = s.id
          WHERE s.id = ANY($1)
          """;

  /** services_active_name and services_pkey; the active row of a name wins, then the newest. */
  private static final String RESOLVE =
      """
      SELECT id, name FROM services WHERE name = ANY($1) OR id = ANY($2)
      ORDER BY (status = 'active'), created_at
      """;

  /** services_pkey and service_policy_rules' unique index. */
  private static final String SHOWN =
      "SELECT s.name, s.status, "
          + FLAGS
          + " AS flags, r.direction, r.action, r.peer_service,"
          + """
           p.name AS peer_name, r.target_name
          FROM services s
          LEFT JOIN service_policy_rules r ON r.service_id = s.id
          LEFT JOIN services p ON p.id = r.peer_service
          WHERE s.id = $1
          ORDER BY r.direction DESC, r.action, p.name NULLS FIRST, r.target_name
          """;

  /**
   * One statement, so that gates never see half of a change; rows that stay are not touched. Served
   * by services_pkey and service_policy_rules' unique index.
   */
  private static final String SAVE =
      """
      WITH wanted AS
        (SELECT * FROM unnest($4::text[], $5::text[], $6::uuid[], $7::text[])
           AS w(direction, action, peer_service, target_name)),
      gone AS
        (DELETE FROM service_policy_rules r
         WHERE r.service_id = $1 AND r.action = ANY($3::text[]) AND NOT EXISTS
           (SELECT 1 FROM wanted w
            WHERE w.direction = r.direction AND w.action = r.action
              AND w.peer_service IS NOT DISTINCT FROM r.peer_service
              AND w.target_name = r.target_name)),
      flags AS
        (UPDATE services s
         SET cap_rpc_handle = $2 & 1 <> 0, cap_event_handle = $2 & 2 <> 0,
           cap_workflow_handle = $2 & 4 <> 0, cap_job_handle = $2 & 8 <> 0,
           cap_rpc_call = $2 & 16 <> 0, cap_event_publish = $2 & 32 <> 0,
           cap_workflow_run = $2 & 64 <> 0
         WHERE s.id = $1 AND $2::int4 IS NOT NULL)
      INSERT INTO service_policy_rules (service_id, direction, action, peer_service, target_name)
      SELECT $1, w.direction, w.action, w.peer_service, w.target_name FROM wanted w
      ON CONFLICT DO NOTHING
      """;

  private final Pool pool;
  private final DirectWrites writes;

  PolicyStore(Pool pool, DirectWrites writes) {
    this.pool = pool;
    this.writes = writes;
  }

  /** Which state of a service's rows was read. */
  record Version(int flags, @Nullable Long rules) {
    static final Version NEW_SERVICE = new Version(ALL_FLAGS, null);
  }

  /**
   * The policy of one service.
   *
   * @param faults what is wrong with rows, and what is expected
   */
  record Stored(UUID serviceId, Version version, ServicePolicy policy, List<String> faults) {}

  /** The state of every service that is not as a new one is. */
  Future<Map<UUID, Version>> versions() {
    return pool.preparedQuery(VERSIONS)
        .execute()
        .map(
            rows -> {
              Map<UUID, Version> versions = new HashMap<>();
              rows.forEach(row -> versions.put(row.getUUID(0), version(row)));
              return versions;
            });
  }

  /** The policies of these services; none for one that does not exist. */
  Future<List<Stored>> some(Collection<UUID> ids) {
    Tuple parameter = Tuple.tuple().addArrayOfUUID(ids.toArray(new UUID[0]));
    return pool.preparedQuery(SOME).execute(parameter).map(PolicyStore::grouped);
  }

  /** The ids of names and ids; what is unknown is missing. */
  Future<Map<String, UUID>> resolve(Collection<String> namesOrIds) {
    if (namesOrIds.isEmpty()) {
      return Future.succeededFuture(Map.of());
    }
    UUID[] ids =
        namesOrIds.stream()
            .flatMap(text -> UuidText.parse(text).stream())
            .map(UUID::fromString)
            .toArray(UUID[]::new);
    Tuple parameters =
        Tuple.tuple().addArrayOfString(namesOrIds.toArray(new String[0])).addArrayOfUUID(ids);
    return pool.preparedQuery(RESOLVE).execute(parameters).map(rows -> resolved(namesOrIds, rows));
  }

  private static Map<String, UUID> resolved(Collection<String> namesOrIds, RowSet<Row> rows) {
    Map<String, UUID> found = new HashMap<>();
    rows.forEach(row -> found.put(row.getString("name"), row.getUUID("id")));
    rows.forEach(row -> found.put(row.getUUID("id").toString(), row.getUUID("id")));
    Map<String, UUID> resolved = new HashMap<>();
    for (String text : namesOrIds) {
      UUID id = found.getOrDefault(text, found.get(UuidText.parse(text).orElse(text)));
      if (id != null) {
        resolved.put(text, id);
      }
    }
    return resolved;
  }

  /** One service as operators see it. */
  Future<Optional<Shown>> shown(UUID service) {
    return pool.preparedQuery(SHOWN)
        .execute(Tuple.of(service))
        .map(rows -> ShownPolicy.of(service, rows));
  }

  /**
   * Replaces flags and the rules of some actions.
   *
   * @param flags one bit a capability; null leaves them
   */
  Future<Void> save(UUID service, @Nullable Integer flags, List<Action> actions, List<Rule> rules) {
    Tuple parameters =
        Tuple.of(service, flags)
            .addArrayOfString(actions.stream().map(Action::text).toArray(String[]::new))
            .addArrayOfString(
                rules.stream().map(r -> r.action().direction().code()).toArray(String[]::new))
            .addArrayOfString(rules.stream().map(r -> r.action().text()).toArray(String[]::new))
            .addArrayOfUUID(rules.stream().map(Rule::peer).toArray(UUID[]::new))
            .addArrayOfString(rules.stream().map(Rule::target).toArray(String[]::new));
    return writes.write(SAVE, parameters).mapEmpty();
  }

  /** The bit of a flag. */
  static int bit(Capability capability) {
    int bit = 1;
    for (Capability before : Capability.values()) {
      if (before == capability) {
        break;
      }
      bit <<= 1;
    }
    return bit;
  }

  /** The flags of a number. */
  static List<Capability> capabilities(int flags) {
    return Arrays.stream(Capability.values()).filter(c -> (flags & bit(c)) != 0).toList();
  }

  private static List<Stored> grouped(RowSet<Row> rows) {
    Map<UUID, Reading> services = new LinkedHashMap<>();
    for (Row row : rows) {
      Reading reading =
          services.computeIfAbsent(row.getUUID(0), id -> new Reading(id, version(row)));
      if (row.getString("direction") != null) {
        reading.add(row);
      }
    }
    return services.values().stream().map(Reading::stored).toList();
  }

  private static Version version(Row row) {
    return new Version(row.getInteger("flags"), row.getLong("rules"));
  }

  /** The rows of one service while they are read. */
  private static final class Reading {
    private final UUID service;
    private final Version version;
    private final List<Rule> rules = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    Reading(UUID service, Version version) {
      this.service = service;
      this.version = version;
    }

    void add(Row row) {
      String direction = row.getString("direction");
      String action = row.getString("action");
      String target = row.getString("target_name");
      UUID peer = row.getUUID("peer_service");
      String fault = PolicyText.fault(direction, action, target);
      if (fault != null) {
        faults.add(fault);
      }
      Rule.find(direction, action, peer, target).ifPresent(rules::add);
    }

    Stored stored() {
      ServicePolicy policy = ServicePolicy.of(capabilities(version.flags()), rules);
      return new Stored(service, version, policy, faults);
    }
  }
}
