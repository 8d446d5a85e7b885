package io.trestle.kernel.database;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * Why the database part of a start (or a check while running) failed. The message is written for
 * the person at the terminal: what, why, what to do; it never holds a password.
 */
public final class DatabaseFailure extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /** The kinds of failure; all but {@link #AWAY} are final verdicts. */
  public enum Kind {
    /** The DSN or an option is wrong. */
    CONFIGURATION,
    /** Nobody answered within the time given. */
    UNREACHABLE,
    /** The server answered and refused: SQLSTATE class 28 or 3D. */
    REFUSED,
    /** Older than PostgreSQL 16. */
    VERSION,
    /** {@code fsync}, {@code full_page_writes} or {@code synchronous_commit} is not on. */
    UNSAFE,
    /** Another process holds the leader lock, the schema lock or the embedded directory. */
    LOCKED,
    /** A migration failed, was changed, or the schema is newer than this program. */
    MIGRATION,
    /** The embedded PostgreSQL could not be unpacked, created or started. */
    EMBEDDED,
    /** The start was cancelled. */
    CANCELLED,
    /** The connection is lost at the moment; may be tried again. */
    AWAY
  }

  private final Kind kind;

  DatabaseFailure(Kind kind, String message) {
    this(kind, message, null);
  }

  DatabaseFailure(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** What kind of failure it is. */
  public Kind kind() {
    return kind;
  }
}
