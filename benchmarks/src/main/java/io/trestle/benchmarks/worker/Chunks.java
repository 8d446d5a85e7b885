package io.trestle.benchmarks.worker;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A stream that is asked for: how many chunks of which size.
 *
 * @param size in bytes
 */
record Chunks(int count, int size) {
  static Chunks of(byte[] request) {
    ByteBuffer in = ByteBuffer.wrap(request);
    return new Chunks(in.getInt(), in.getInt());
  }

  byte[] request() {
    return ByteBuffer.allocate(8).putInt(count).putInt(size).array();
  }

  /** What is wrong with a stream that has ended; null for nothing. */
  @Nullable Throwable check(int chunks, long bytes) {
    return chunks == count && bytes == (long) count * size
        ? null
        : new IllegalStateException("the stream is not what was asked for");
  }
}
