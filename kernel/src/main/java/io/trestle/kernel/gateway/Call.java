package io.trestle.kernel.gateway;

import io.vertx.core.Future;
import java.time.Duration;

/** One call under way. Thread: the event loop of its connection. */
public interface Call {
  /** Who calls. */
  Caller caller();

  /** Request headers. */
  Headers headers();

  /** Address of the client, for logs. */
  String remoteAddress();

  /** Unix milliseconds at which the caller gives up; 0 = it named no deadline. */
  long deadlineMillis();

  /**
   * Completes when the call is over without an answer of the handler's: cancelled by the client,
   * connection lost, deadline passed, or ended by {@link Gateway#end}. Never completes after a
   * regular end.
   */
  Future<Void> aborted();

  /**
   * Whether the client's end of the connection answers an HTTP/2 ping within this time; false also
   * when the connection is lost meanwhile. Any thread; never fails.
   */
  Future<Boolean> probe(Duration patience);
}
