package io.trestle.kernel.database;

import java.util.regex.Pattern;

/**
 * The migrations of one module: class-path folder {@code db/<module>/} with files {@code
 * V<version>__<title>.sql}, history in table {@code schema_history_<module>}. Versions are whole
 * numbers. A file that was released is never changed; the next change is the next file.
 *
 * @param module lower-case name
 * @param loader the class loader that sees the folder
 */
public record MigrationSet(String module, ClassLoader loader) {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,40}");

  /** Checks the name. */
  public MigrationSet {
    if (!NAME.matcher(module).matches()) {
      throw new IllegalArgumentException(
          "module: " + module + " (expected: " + NAME.pattern() + ")");
    }
  }

  /** The tables of the kernel itself. */
  public static MigrationSet kernel() {
    return new MigrationSet("kernel", MigrationSet.class.getClassLoader());
  }

  String folder() {
    return "db/" + module;
  }

  String table() {
    return "schema_history_" + module;
  }
}
