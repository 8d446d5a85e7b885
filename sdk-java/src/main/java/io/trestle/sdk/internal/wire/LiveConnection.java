package io.trestle.sdk.internal.wire;

import io.vertx.core.http.HttpClientConnection;
import java.util.concurrent.TimeUnit;

/**
 * A connection whose other end has proven who it is. On its lane only. {@link #gone} turns true
 * when nothing new can be sent on it; what was sent before may still be answered.
 */
public final class LiveConnection {
  private static final long GRACE_SECONDS = 30;

  private final HttpClientConnection http;
  private boolean gone;

  LiveConnection(HttpClientConnection http, Runnable onGone) {
    this.http = http;
    http.goAwayHandler(frame -> end(onGone));
    http.shutdownHandler(v -> end(onGone));
    http.closeHandler(v -> end(onGone));
  }

  /** Whether nothing new can be sent. */
  boolean gone() {
    return gone;
  }

  HttpClientConnection http() {
    return http;
  }

  /** Takes nothing new, and closes when what is under way has ended. */
  void retire() {
    gone = true;
    http.shutdown(GRACE_SECONDS, TimeUnit.SECONDS).onFailure(e -> {});
  }

  /** Closes at once. */
  void close() {
    gone = true;
    http.close().onFailure(e -> {});
  }

  private void end(Runnable onGone) {
    gone = true;
    onGone.run();
  }
}
