package io.trestle.benchmarks.worker;

import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.pipeline.StatementKind;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * A kernel with one module more, which writes rows: through the pipeline as modules do, or one by
 * one through the pool, each in a transaction of its own.
 */
final class PipelineRole extends KernelRole {
  private static final String CREATE =
      "CREATE TABLE IF NOT EXISTS bench_rows (id uuid PRIMARY KEY, payload bytea NOT NULL)";
  private static final String EMPTY = "TRUNCATE bench_rows";
  private static final String INSERT_ONE = "INSERT INTO bench_rows (id, payload) VALUES ($1, $2)";
  private static final StatementKind<Line> INSERT =
      StatementKind.of("bench.insert", Line.class)
          .sql(
              "INSERT INTO bench_rows (id, payload) SELECT r.id, r.payload"
                  + " FROM unnest($1::uuid[], $2::bytea[]) AS r(id, payload)"
                  + " ON CONFLICT (id) DO NOTHING")
          .uuid(Line::id)
          .buffer(Line::payload)
          .build();

  private final Inside module = new Inside();

  /** A row. */
  private record Line(UUID id, Buffer payload) {}

  @Override
  List<Module> further() {
    return List.of(module);
  }

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws Exception {
    return command.equals("run") ? run(arguments) : super.answer(command, arguments);
  }

  private JsonObject run(JsonObject question) {
    ModuleContext house = module.house();
    Pool pool = house.database().pool();
    Waiting.on(pool.query(CREATE).execute());
    Waiting.on(pool.query(EMPTY).execute());
    byte[] payload = new byte[question.getInteger("size")];
    new Random(1).nextBytes(payload);
    Buffer shared = Buffer.buffer(payload);
    boolean pipeline = question.getString("way").equals("pipeline");
    ClosedLoop.Operation write =
        done -> {
          UUID id = house.ids().next();
          Future<?> written =
              pipeline
                  ? house.pipeline().submit(INSERT, new Line(id, shared))
                  : pool.preparedQuery(INSERT_ONE).execute(Tuple.of(id, shared));
          written.onComplete(result -> done.ended(result.cause()));
        };
    return ClosedLoop.run(question, write);
  }
}
