package io.trestle.kernel.gateway;

import com.google.protobuf.MessageLite;
import io.trestle.protocol.StatusCode;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes the bytes of one request apart into gRPC messages, and puts them around a response.
 *
 * <p>A message is one byte of flags, four bytes of length, and the payload. Everything wrong is
 * seen in these five bytes, before the payload is waited for: a compressed message is refused
 * before it could be unpacked, a too large one before it is buffered. Memory grows with what has
 * arrived, never with what was announced: chunks wait as they came and are joined, with one copy,
 * when the last one of a message is there. Many small ones would take more memory than their bytes;
 * those are joined at once, in a buffer that doubles.
 *
 * <p>Vert.x brings a gRPC server with a deframer of its own, and this class exists because that one
 * cannot keep the rules of foundation.md 4.4 and 4.5: it takes the flags 2 to 255 for "not
 * compressed", throws past everybody when the encoding header is missing, does not notice a message
 * cut off by the end of the stream, and hides how many bytes it holds, so nobody can bound them.
 * Wrapping it meant reading every frame twice.
 */
final class Frames {
  private static final int HEADER = 5;
  private static final int MANY_CHUNKS = 64;
  private static final int SMALL_CHUNK = 1 << 10;

  private final int maxMessage;
  private final List<Buffer> waiting = new ArrayList<>(0);
  private @Nullable Buffer bytes;
  private int position;
  private int waitingBytes;
  private boolean growing;

  Frames(int maxMessage) {
    this.maxMessage = maxMessage;
  }

  /** Adds what arrived; the chunk belongs to this object from now on. */
  void add(Buffer chunk) {
    Buffer rest = bytes;
    if (rest == null) {
      bytes = chunk;
    } else if (growing) {
      rest.appendBuffer(chunk);
    } else {
      waiting.add(chunk);
      waitingBytes += chunk.length();
      if (waiting.size() >= MANY_CHUNKS && waitingBytes / waiting.size() < SMALL_CHUNK) {
        join(rest, 2 * held());
        growing = true;
      }
    }
  }

  /**
   * The next complete message, null when more bytes are needed.
   *
   * @throws GrpcFailure for a message that is compressed, too large or has impossible flags
   */
  @Nullable Buffer next() {
    Buffer all = bytes;
    if (all == null || held() < HEADER) {
      return null;
    }
    if (all.length() - position < HEADER) {
      all = join(all, held());
    }
    check(all.getUnsignedByte(position), all.getUnsignedInt(position + 1));
    int length = all.getInt(position + 1);
    if (HEADER + length > held()) {
      return null;
    }
    if (position + HEADER + length > all.length()) {
      all = join(all, held());
    }
    int start = position + HEADER;
    advance(all, start + length);
    return all.slice(start, start + length);
  }

  /** Bytes that wait for the rest of their message. */
  int held() {
    Buffer rest = bytes;
    return rest == null ? 0 : rest.length() - position + waitingBytes;
  }

  // What was handed out is a view, so a buffer of which a part was handed out grows no more.
  private void advance(Buffer all, int end) {
    position = end;
    growing = false;
    if (end == all.length() && waiting.isEmpty()) {
      bytes = null;
      position = 0;
    }
  }

  private Buffer join(Buffer first, int capacity) {
    Buffer joined = Buffer.buffer(capacity);
    joined.appendBuffer(first, position, first.length() - position);
    waiting.forEach(joined::appendBuffer);
    waiting.clear();
    waitingBytes = 0;
    bytes = joined;
    position = 0;
    return joined;
  }

  /** A message as it goes over the wire. */
  static Buffer frame(MessageLite message) {
    return frame(message.toByteArray());
  }

  /** A message as it goes over the wire. */
  static Buffer frame(byte[] message) {
    Buffer frame = Buffer.buffer(HEADER + message.length);
    return frame.appendByte((byte) 0).appendInt(message.length).appendBytes(message);
  }

  private void check(int flags, long length) {
    if (flags == 1) {
      throw GrpcFailure.of(StatusCode.UNIMPLEMENTED, "compressed messages are not supported");
    }
    if (flags != 0) {
      throw GrpcFailure.of(StatusCode.INVALID_ARGUMENT, "malformed frame");
    }
    if (length > maxMessage) {
      throw GrpcFailure.of(
          StatusCode.RESOURCE_EXHAUSTED,
          "message of " + length + " bytes (limit: " + maxMessage + ")");
    }
  }
}
