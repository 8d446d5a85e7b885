package io.trestle.pki;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;

/** What a failed statement means to whoever asked. */
final class DatabaseRefusals {
  private static final String UNIQUE_VIOLATION = "23505";

  private DatabaseRefusals() {}

  /** UNAVAILABLE for a connection that is lost; a fault of the statement stays what it is. */
  static <T> Future<T> away(Throwable failure) {
    boolean fault =
        failure instanceof Refused
            || (failure instanceof PgException problem && isFaultOfStatement(problem));
    return Future.failedFuture(
        fault ? failure : Refused.of(Reason.UNAVAILABLE, "the database is away, try again later"));
  }

  /** ALREADY_EXISTS with this text for a violated unique index, else as {@link #away}. */
  static <T> Future<T> taken(Throwable failure, String text) {
    boolean taken =
        failure instanceof PgException problem && UNIQUE_VIOLATION.equals(problem.getSqlState());
    return taken ? Future.failedFuture(Refused.of(Reason.ALREADY_EXISTS, text)) : away(failure);
  }

  /** Every class but those of connections, resources, operators and the system. */
  private static boolean isFaultOfStatement(PgException problem) {
    String state = String.valueOf(problem.getSqlState());
    return !(state.startsWith("08")
        || state.startsWith("53")
        || state.startsWith("57")
        || state.startsWith("58"));
  }
}
