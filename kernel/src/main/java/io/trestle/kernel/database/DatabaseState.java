package io.trestle.kernel.database;

/** Whether PostgreSQL answers. */
public enum DatabaseState {
  /** It answers, LISTEN is in force, and everything was read again. */
  AVAILABLE,
  /** It does not, or is not fully regained; writes are refused at once. */
  AWAY
}
