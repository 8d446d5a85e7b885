package io.trestle.kernel.database;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** The only class that loads Flyway and JDBC; nothing here runs when the schema is up to date. */
final class FlywayRun {

  private FlywayRun() {}

  /** Applies what is pending; returns how many scripts. Blocks. */
  static int migrate(Dsn dsn, MigrationSet set) {
    try {
      return Flyway.configure(set.loader())
          .dataSource(dsn.jdbcUrl(), dsn.user(), dsn.password())
          .locations("classpath:" + set.folder())
          .defaultSchema("public")
          .table(set.table())
          // Other modules have tables in the schema before this module's first migration.
          .baselineOnMigrate(true)
          .baselineVersion("0")
          .cleanDisabled(true)
          .load()
          .migrate()
          .migrationsExecuted;
    } catch (FlywayException e) {
      throw new DatabaseFailure(
          DatabaseFailure.Kind.MIGRATION,
          "schema of module %s: %s"
              .formatted(set.module(), Dsn.mask(String.valueOf(e.getMessage()))),
          e);
    }
  }
}
