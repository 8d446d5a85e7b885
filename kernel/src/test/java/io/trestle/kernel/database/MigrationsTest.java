package io.trestle.kernel.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.kernel.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationsTest {
  private final Vertx vertx = Vertx.vertx();
  private final PgConnectOptions place = TestPostgres.newDatabase();
  private Database database;
  @TempDir Path root;

  MigrationsTest() {
    database = Db.open(vertx, place);
  }

  @BeforeEach
  void folder() throws IOException {
    Files.createDirectories(root.resolve("db/toy"));
    script("V1__first.sql", "CREATE TABLE toy (id int);\n");
  }

  @AfterEach
  void close() {
    Db.await(database.close());
    Db.await(vertx.close());
  }

  @Test
  void migrate_twice_appliesOnce() throws IOException {
    assertThat(Db.await(database.migrate(List.of(MigrationSet.kernel(), toy())))).isEqualTo(4);
    assertThat(Db.await(database.migrate(List.of(MigrationSet.kernel(), toy())))).isZero();

    assertThat(TestPostgres.query(place, "SELECT count(*) FROM kernels")).hasSize(1);
    assertThat(TestPostgres.query(place, "SELECT count(*) FROM toy")).hasSize(1);
  }

  @Test
  void migrate_nothingPending_doesNotWriteOrLock() throws IOException {
    Db.await(database.migrate(List.of(toy())));
    TestPostgres.execute(place, "REVOKE ALL ON schema_history_toy FROM PUBLIC");
    Database other = Db.open(vertx, place);
    Db.await(other.leaderLock().acquire());

    assertThat(Db.await(database.migrate(List.of(toy())))).isZero();
    Db.await(other.close());
  }

  @Test
  void migrate_newVersion_appliesOnlyThat() throws IOException {
    Db.await(database.migrate(List.of(toy())));
    script("V2__second.sql", "ALTER TABLE toy ADD COLUMN name text;\n");

    assertThat(Db.await(database.migrate(List.of(toy())))).isEqualTo(1);
    assertThat(TestPostgres.query(place, "SELECT id, name FROM toy")).isEmpty();
  }

  @Test
  void migrate_twoProcessesAtOnce_applyOnceBetweenThem() throws IOException {
    Database other = Db.open(vertx, place);

    int sum =
        Db.await(
            Future.join(database.migrate(List.of(toy())), other.migrate(List.of(toy())))
                .map(both -> both.<Integer>resultAt(0) + both.<Integer>resultAt(1)));

    assertThat(sum).isEqualTo(1);
    Db.await(other.close());
  }

  @Test
  void migrate_changedScript_isRefusedNamingModuleAndVersion() throws IOException {
    Db.await(database.migrate(List.of(toy())));
    script("V1__first.sql", "CREATE TABLE toy (id int8);\n");

    assertThat(Db.failure(database.migrate(List.of(toy()))))
        .isInstanceOf(DatabaseFailure.class)
        .hasMessageContaining("module toy: version 1 was changed");
  }

  @Test
  void migrate_newerSchema_isRefused() throws IOException {
    script("V2__second.sql", "ALTER TABLE toy ADD COLUMN name text;\n");
    Db.await(database.migrate(List.of(toy())));
    Files.delete(root.resolve("db/toy/V2__second.sql"));

    assertThat(Db.failure(database.migrate(List.of(toy()))))
        .isInstanceOf(DatabaseFailure.class)
        .hasMessageContaining("module toy: version 2 is in the database");
  }

  @Test
  void migrate_brokenScript_leavesNothingAndCanBeCorrected() throws IOException {
    script("V1__first.sql", "CREATE TABLE toy (id int);\nCREATE TABLE toy (id int);\n");

    assertThat(Db.failure(database.migrate(List.of(toy()))))
        .isInstanceOf(DatabaseFailure.class)
        .hasMessageContaining("module toy")
        .hasMessageContaining("already exists");

    script("V1__first.sql", "CREATE TABLE toy (id int);\n");
    assertThat(Db.await(database.migrate(List.of(toy())))).isEqualTo(1);
  }

  @Test
  void migrate_badlyNamedFile_isRefused() throws IOException {
    script("V2_second.sql", "SELECT 1;\n");

    assertThat(Db.failure(database.migrate(List.of(toy()))))
        .hasMessageContaining("db/toy/V2_second.sql");
  }

  @Test
  void migrate_scriptsInAJar_areFound() throws IOException {
    Path jar = root.resolve("toy.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (String folder : List.of("db/", "db/toy/")) {
        out.putNextEntry(new JarEntry(folder));
      }
      out.putNextEntry(new JarEntry("db/toy/V1__first.sql"));
      out.write("CREATE TABLE toy (id int);\r\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    MigrationSet set = new MigrationSet("toy", loader(jar.toUri().toURL()));

    assertThat(Db.await(database.migrate(List.of(set)))).isEqualTo(1);
    assertThat(Db.await(database.migrate(List.of(set)))).isZero();
  }

  private void script(String name, String sql) throws IOException {
    Files.writeString(root.resolve("db/toy").resolve(name), sql);
  }

  private MigrationSet toy() throws MalformedURLException {
    return new MigrationSet("toy", loader(root.toUri().toURL()));
  }

  private static ClassLoader loader(URL url) {
    return new URLClassLoader(new URL[] {url}, MigrationsTest.class.getClassLoader());
  }
}
