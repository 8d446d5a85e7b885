package io.trestle.traces.core;

/** What all watchers together keep of what was just written. */
public final class Memory {
  private final long limit;
  private long held;

  /** Room for that many bytes. */
  public Memory(long limit) {
    this.limit = limit;
  }

  /** Takes room; false when there is none. */
  boolean take(long bytes) {
    if (held + bytes > limit) {
      return false;
    }
    held += bytes;
    return true;
  }

  void give(long bytes) {
    held -= bytes;
  }

  /** Bytes that are taken. */
  public long held() {
    return held;
  }
}
