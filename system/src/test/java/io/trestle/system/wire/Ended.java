package io.trestle.system.wire;

import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;

/** How a call ended. */
record Ended<R>(Status status, Metadata trailers, List<R> messages) {
  private static final Metadata.Key<String> NOT_DISPATCHED =
      Metadata.Key.of("x-sb-not-dispatched", Metadata.ASCII_STRING_MARSHALLER);

  Status.Code code() {
    return status.getCode();
  }

  /** The text of the status; empty without one. */
  String text() {
    String text = status.getDescription();
    return text == null ? "" : text;
  }

  /** Code and text. */
  String answer() {
    return code() + " " + text();
  }

  boolean notDispatched() {
    return "1".equals(trailers.get(NOT_DISPATCHED));
  }

  /** The only message of a call that ended well. */
  R ok() {
    if (!status.isOk() || messages.size() != 1) {
      throw new AssertionError(status + " with " + messages.size() + " messages");
    }
    return messages.get(0);
  }
}
