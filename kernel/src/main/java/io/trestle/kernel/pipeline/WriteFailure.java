package io.trestle.kernel.pipeline;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why a write failed. The code says whether anything can have been written. Stackless. */
public final class WriteFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Every way in which a write can fail. */
  public enum Code {
    /** PostgreSQL refused a row of this write (SQLSTATE class 22, 23 or 54, or 40 to the end). */
    REJECTED(false, false),
    /** The pipeline is full; the message has the figures. */
    FULL(false, true),
    /** The database is away and this write never left the process. */
    DATABASE_AWAY(false, true),
    /** The write was sent and no answer came: it is in the database or not. */
    OUTCOME_UNKNOWN(true, true),
    /** Another kernel has taken over; this process must stop. */
    FENCED(false, false),
    /** An earlier write of the same key failed, and this one asked to fail with it. */
    PREDECESSOR_FAILED(false, true),
    /** The pipeline is closing or closed. */
    CLOSED(false, true);

    private final boolean maybeWritten;
    private final boolean retry;

    Code(boolean maybeWritten, boolean retry) {
      this.maybeWritten = maybeWritten;
      this.retry = retry;
    }

    /** True when the write may be in the database; false means that it certainly is not. */
    public boolean maybeWritten() {
      return maybeWritten;
    }

    /** True when the same write may succeed later. */
    public boolean retry() {
      return retry;
    }
  }

  private final Code code;
  private final @Nullable String sqlState;
  private final @Nullable String constraint;

  private WriteFailure(
      Code code, String message, @Nullable String sqlState, @Nullable String constraint) {
    super(code + ": " + message, null, false, false);
    this.code = code;
    this.sqlState = sqlState;
    this.constraint = constraint;
  }

  static WriteFailure rejected(String statement, String sqlState, @Nullable String constraint) {
    String named = constraint == null ? "" : " constraint=" + constraint;
    return new WriteFailure(
        Code.REJECTED,
        "statement=" + statement + " sqlstate=" + sqlState + named,
        sqlState,
        constraint);
  }

  static WriteFailure full(Lane lane, Budget.Usage used, Budget.Usage limit) {
    return of(
        Code.FULL,
        "lane=%s bytes=%d of %d units=%d of %d"
            .formatted(lane.label(), used.bytes(), limit.bytes(), used.units(), limit.units()));
  }

  static WriteFailure databaseAway(Lane lane) {
    return of(Code.DATABASE_AWAY, "lane=" + lane.label() + ", nothing was written");
  }

  static WriteFailure outcomeUnknown(String why) {
    return of(Code.OUTCOME_UNKNOWN, why);
  }

  static WriteFailure fenced() {
    return of(Code.FENCED, "a kernel with a higher epoch owns this database");
  }

  static WriteFailure predecessorFailed() {
    return of(Code.PREDECESSOR_FAILED, "an earlier write of the same key failed");
  }

  static WriteFailure closed() {
    return of(Code.CLOSED, "the pipeline is closed, nothing was written");
  }

  private static WriteFailure of(Code code, String message) {
    return new WriteFailure(code, message, null, null);
  }

  /** Which kind of failure. */
  public Code code() {
    return code;
  }

  /** PostgreSQL's SQLSTATE, for {@link Code#REJECTED}. */
  public Optional<String> sqlState() {
    return Optional.ofNullable(sqlState);
  }

  /** The violated constraint, when PostgreSQL named one. */
  public Optional<String> constraint() {
    return Optional.ofNullable(constraint);
  }
}
