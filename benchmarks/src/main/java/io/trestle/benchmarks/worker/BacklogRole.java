package io.trestle.benchmarks.worker;

import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.settings.EventSettings;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A kernel whose log can be filled by SQL, with copies of one event that it has written itself: so
 * the rows, and whom they matched, are as it writes them. Only ids, positions and times are new;
 * the times are those of the past day. What it keeps in memory does not know of them: it has to be
 * killed and started again.
 */
final class BacklogRole extends KernelRole {
  private static final Duration LIMIT = Duration.ofMinutes(15);
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);
  private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

  /** Nobody has a stream, and what is stored is as of the end of the log: it stays as it is. */
  private static final String QUIET =
      """
      SELECT (SELECT max(seq) FROM event_log) AS head,
        (SELECT seq FROM event_checkpoint) = (SELECT max(seq) FROM event_log)
        AND NOT EXISTS (SELECT 1 FROM event_consumers WHERE holders <> '' OR offline_since_ms = 0)
        AS quiet
      """;

  private static final String COPY =
      """
      INSERT INTO event_log
        (id, seq, publisher_service_id, publisher_instance_id, name, payload, payload_json,
         contract_hash, partition_key, idempotency_key, headers, occurred_at_ms, x_sb_trace,
         matched, created_at_ms)
      SELECT
        (lpad(to_hex(n.at), 12, '0') || '7'
          || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid,
        n.seq, t.publisher_service_id, t.publisher_instance_id, t.name, t.payload, t.payload_json,
        t.contract_hash, t.partition_key, t.idempotency_key, t.headers, n.at, t.x_sb_trace,
        t.matched, n.at
      FROM (SELECT * FROM event_log WHERE seq = $1) t
      CROSS JOIN (
        SELECT $1::int8 + i AS seq, $4::int8 + i * $5::int8 / $6::int8 AS at
        FROM generate_series($2::int8, $3::int8) i) n
      ORDER BY n.seq
      """;

  private static final String PENDING =
      """
      UPDATE event_consumers c SET pending = $2 FROM event_subscriptions s
      WHERE c.number = s.consumer
        AND s.number = ANY (SELECT unnest(matched) FROM event_log WHERE seq = $1)
      """;

  private static final String CHECKPOINT = "UPDATE event_checkpoint SET seq = $1";

  private final Inside module = new Inside();
  private @Nullable PgConnection idle;

  @Override
  List<Module> further() {
    return List.of(module);
  }

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws Exception {
    return switch (command) {
      case "unlimited" -> unlimited();
      case "quiet" -> quiet();
      case "fill" -> fill(arguments);
      case "filled" -> filled(arguments);
      case "hold" -> hold();
      case "let-go" -> letGo();
      case "heap" -> heap();
      default -> super.answer(command, arguments);
    };
  }

  /** Any number of deliveries may be pending. */
  private JsonObject unlimited() {
    Waiting.on(
        module.house().settings().update(EventSettings.MAX_PENDING_PER_SUBSCRIBER.name(), "0"));
    return new JsonObject();
  }

  /** Waits until all clients are gone and nothing moves; tells the last position. */
  private JsonObject quiet() throws InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    Row row = run(QUIET, Tuple.tuple()).iterator().next();
    while (!row.getBoolean("quiet")) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("consumers do not come to rest");
      }
      Thread.sleep(20);
      row = run(QUIET, Tuple.tuple()).iterator().next();
    }
    return new JsonObject().put("head", row.getLong("head"));
  }

  /** Copies the event at {@code like}, as its successors {@code from} to {@code to} of all. */
  private JsonObject fill(JsonObject question) {
    Tuple values =
        Tuple.of(
            question.getLong("like"),
            question.getLong("from"),
            question.getLong("to"),
            question.getLong("until") - DAY_MILLIS,
            DAY_MILLIS,
            question.getLong("all"));
    return new JsonObject().put("rows", run(COPY, values).rowCount());
  }

  /** As the log would have come to be in a day: counted, and on the disk. */
  private JsonObject filled(JsonObject question) {
    long like = question.getLong("like");
    long all = question.getLong("all");
    run("VACUUM (ANALYZE) event_log", Tuple.tuple());
    int consumers = run(PENDING, Tuple.of(like, all)).rowCount();
    run(CHECKPOINT, Tuple.of(like + all - 1));
    run("CHECKPOINT", Tuple.tuple());
    return new JsonObject().put("consumers", consumers);
  }

  /** Opens a transaction with a snapshot, and lets it be. */
  private JsonObject hold() {
    ModuleContext house = module.house();
    PgConnection connection =
        Waiting.on(PgConnection.connect(house.vertx(), house.database().dsn().connectOptions()));
    Waiting.on(connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ").execute());
    Waiting.on(connection.query("SELECT 1 FROM event_log LIMIT 1").execute());
    idle = connection;
    return new JsonObject();
  }

  private JsonObject letGo() {
    PgConnection connection = idle;
    if (connection != null) {
      Waiting.on(connection.query("ROLLBACK").execute());
      Waiting.on(connection.close());
    }
    return new JsonObject();
  }

  /** What lives on the heap, in bytes. */
  private static JsonObject heap() {
    System.gc();
    long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    return new JsonObject().put("bytes", used);
  }

  private RowSet<Row> run(String sql, Tuple values) {
    return Waiting.on(
        module.house().database().pool().preparedQuery(sql).execute(values).toCompletionStage(),
        LIMIT);
  }
}
