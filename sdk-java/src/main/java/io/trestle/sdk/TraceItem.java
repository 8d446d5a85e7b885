package io.trestle.sdk;

/** One thing that the watcher of a trace sees. */
public sealed interface TraceItem {

  /**
   * A chunk.
   *
   * @param sequence its place in the stream, over all keys
   * @param key its lane
   * @param json the value
   */
  record Chunk(long sequence, String key, String json) implements TraceItem {}

  /**
   * Chunks that the writer gave up while it was offline.
   *
   * @param dropped how many at most
   */
  record Gap(long sequence, String key, long dropped) implements TraceItem {}

  /**
   * The end; nothing follows.
   *
   * @param status {@code success}, {@code error}, or {@code abandoned} if all writers were lost
   */
  record Complete(String status) implements TraceItem {}
}
