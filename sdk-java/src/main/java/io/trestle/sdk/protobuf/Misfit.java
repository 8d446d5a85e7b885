package io.trestle.sdk.protobuf;

/**
 * A value that does not fit its field. The message begins with the path of the field, which grows
 * on the way out; whoever knows the message makes an error of it.
 */
final class Misfit extends Exception {
  private static final long serialVersionUID = 1L;

  private final String path;
  private final String fault;

  Misfit(String fault) {
    this("", fault);
  }

  private Misfit(String path, String fault) {
    super(path.isEmpty() ? fault : path + ": " + fault, null, false, false);
    this.path = path;
    this.fault = fault;
  }

  /** Found something where something else belongs. */
  static Misfit of(Object found, String expected) {
    return new Misfit(found.getClass().getSimpleName() + " (expected: " + expected + ")");
  }

  /** The same, seen from the message or the list around it. */
  Misfit within(String place) {
    String rest = path.isEmpty() || path.startsWith("[") ? path : "." + path;
    return new Misfit(place + rest, fault);
  }
}
