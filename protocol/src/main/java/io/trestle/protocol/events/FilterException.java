package io.trestle.protocol.events;

/** A filter text that is malformed; the message names what is wrong and where. */
public final class FilterException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  FilterException(String reason) {
    super("filter: " + reason);
  }
}
