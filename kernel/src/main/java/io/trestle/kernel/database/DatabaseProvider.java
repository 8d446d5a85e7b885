package io.trestle.kernel.database;

import io.vertx.core.Future;

/** Where a database comes from: {@link EmbeddedDatabase} or {@link UrlDatabase}. */
public sealed interface DatabaseProvider permits EmbeddedDatabase, UrlDatabase {

  /**
   * Makes the database reachable and says where it is. Completes when a connection was made; fails
   * with {@link DatabaseFailure}.
   */
  Future<Dsn> start(DatabaseOptions options);

  /**
   * Ends a start that is under way: it fails soon, with nothing left running, and no more attempts
   * to connect are made. From any thread; does not block.
   */
  void cancel();

  /** Whether {@link #cancel} was called. */
  boolean isCancelled();

  /** Ends what {@link #start} began. Completes when it is over; never fails. */
  Future<Void> stop();
}
