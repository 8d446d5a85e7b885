package io.trestle.kernel.pipeline;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.UUID;

/** Kinds and tables of the pipeline's own tests. */
final class TestKinds {

  /** Two tables with a foreign key, a check to poison rows with, and the kernels table. */
  static final String[] TABLES = {
    "CREATE TABLE kernels (id uuid PRIMARY KEY, epoch int8 NOT NULL UNIQUE)",
    fence(),
    "CREATE TABLE parents (id int8 PRIMARY KEY)",
    "CREATE TABLE entries (id int8 PRIMARY KEY, place int8 GENERATED ALWAYS AS IDENTITY,"
        + " parent int8 REFERENCES parents DEFERRABLE,"
        + " body text NOT NULL CHECK (body <> 'poison'))",
    "CREATE TABLE telemetry (id int8 PRIMARY KEY, body bytea NOT NULL)",
  };

  record Entry(long id, String body) {}

  record Child(long id, long parent) {}

  record Blob(long id, Buffer body) {}

  static final StatementKind<Long> PARENT =
      StatementKind.of("test.parent", Long.class)
          .sql(
              "INSERT INTO parents (id) SELECT * FROM unnest($1::int8[]) ON CONFLICT (id) DO"
                  + " NOTHING")
          .int8(id -> id)
          .priority(10)
          .build();

  static final StatementKind<Child> CHILD =
      StatementKind.of("test.child", Child.class)
          .sql(
              "INSERT INTO entries (id, parent, body)"
                  + " SELECT c.id, c.parent, '' FROM unnest($1::int8[], $2::int8[]) AS c(id,"
                  + " parent) ON CONFLICT (id) DO NOTHING")
          .int8(Child::id)
          .int8(Child::parent)
          .priority(20)
          .build();

  static final StatementKind<Entry> ADD =
      StatementKind.of("test.add", Entry.class)
          .sql(
              "INSERT INTO entries (id, body) SELECT * FROM unnest($1::int8[], $2::text[])"
                  + " ON CONFLICT (id) DO NOTHING")
          .first("INSERT INTO entries (id, body) SELECT * FROM unnest($1::int8[], $2::text[])")
          .int8(Entry::id)
          .text(Entry::body)
          .independent()
          .priority(30)
          .build();

  static final StatementKind<Entry> PUT =
      StatementKind.of("test.put", Entry.class)
          .sql(
              "INSERT INTO entries (id, body) SELECT * FROM unnest($1::int8[], $2::text[])"
                  + " ON CONFLICT (id) DO UPDATE SET body = excluded.body")
          .int8(Entry::id)
          .text(Entry::body)
          .conflictKey(Entry::id)
          .priority(40)
          .build();

  static final StatementKind<Long> REMOVE =
      StatementKind.of("test.remove", Long.class)
          .sql("DELETE FROM entries WHERE id = ANY ($1::int8[])")
          .int8(id -> id)
          .priority(50)
          .build();

  static final StatementKind<Blob> TELEMETRY =
      StatementKind.of("test.telemetry", Blob.class)
          .sql(
              "INSERT INTO telemetry (id, body) SELECT * FROM unnest($1::int8[], $2::bytea[])"
                  + " ON CONFLICT (id) DO NOTHING")
          .int8(Blob::id)
          .buffer(Blob::body)
          .lane(Lane.BULK)
          .build();

  static final UUID KERNEL = UUID.fromString("01890000-0000-7000-8000-000000000001");
  static final Fence FENCE = new Fence(KERNEL, 1);

  private TestKinds() {}

  /** The migration itself. */
  private static String fence() {
    try (InputStream sql = WritePipeline.class.getResourceAsStream("/db/kernel/V2__fence.sql")) {
      return new String(Objects.requireNonNull(sql).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String insertKernel(UUID id, long epoch) {
    return "INSERT INTO kernels (id, epoch) VALUES ('%s', %d)".formatted(id, epoch);
  }
}
