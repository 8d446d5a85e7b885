package io.trestle.kernel;

/** Time of the house. Tests set it; nothing in a core class reads another clock. */
public interface Clock {
  /** Unix milliseconds, UTC. */
  long millis();

  /** The machine's clock. */
  static Clock system() {
    return System::currentTimeMillis;
  }
}
