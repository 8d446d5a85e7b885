package io.trestle.protocol;

/** The names of metadata that the protocol gives a meaning (wire.md 6). */
public final class HeaderNames {
  /** The trace context, in gRPC metadata; HTTP ignores the case. */
  public static final String TRACE = "x-sb-trace";

  /** In trailers with a status other than OK: the request had no effect. */
  public static final String NOT_DISPATCHED = "x-sb-not-dispatched";

  /** The only value of {@link #NOT_DISPATCHED}. */
  public static final String NOT_DISPATCHED_VALUE = "1";

  private HeaderNames() {}
}
