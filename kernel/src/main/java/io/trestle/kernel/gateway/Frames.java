package io.trestle.kernel.gateway;

import com.google.protobuf.MessageLite;
import io.trestle.protocol.StatusCode;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the bytes of one request apart into gRPC messages, and puts them around a response.
 *
 * <p>A message is one byte of flags, four bytes of length, and the payload. Everything wrong is
 * seen in these five bytes, before the payload is waited for: a compressed message is refused
 * before it could be unpacked, a too large one before it is buffered. Memory grows with what has
 * arrived, never with what was announced.
 *
 * <p>Vert.x brings a gRPC server with a deframer of its own, and this class exists because that one
 * cannot keep the rules of foundation.md 4.4 and 4.5: it takes the flags 2 to 255 for "not
 * compressed", throws past everybody when the encoding header is missing, does not notice a message
 * cut off by the end of the stream, and hides how many bytes it holds, so nobody can bound them.
 * Wrapping it meant reading every frame twice.
 */
final class Frames {
  private static final int HEADER = 5;

  private final int maxMessage;
  private @Nullable Buffer bytes;
  private int position;

  Frames(int maxMessage) {
    this.maxMessage = maxMessage;
  }

  /** Adds what arrived; the chunk belongs to this object from now on. */
  void add(Buffer chunk) {
    Buffer rest = bytes;
    if (rest == null) {
      bytes = chunk;
    } else if (position == 0) {
      rest.appendBuffer(chunk);
    } else {
      int left = rest.length() - position;
      Buffer joined = Buffer.buffer(left + chunk.length());
      joined.appendBuffer(rest, position, left).appendBuffer(chunk);
      bytes = joined;
      position = 0;
    }
  }

  /**
   * The next complete message, null when more bytes are needed.
   *
   * @throws GrpcFailure for a message that is compressed, too large or has impossible flags
   */
  @Nullable Buffer next() {
    Buffer all = bytes;
    if (all == null || all.length() - position < HEADER) {
      return null;
    }
    check(all.getUnsignedByte(position), all.getUnsignedInt(position + 1));
    int start = position + HEADER;
    int end = start + all.getInt(position + 1);
    if (end > all.length()) {
      return null;
    }
    position = end;
    if (position == all.length()) {
      bytes = null;
      position = 0;
    }
    return all.slice(start, end);
  }

  /** Bytes that wait for the rest of their message. */
  int held() {
    Buffer rest = bytes;
    return rest == null ? 0 : rest.length() - position;
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

  /** A message as it goes over the wire. */
  static Buffer frame(Buffer message) {
    Buffer frame = Buffer.buffer(HEADER + message.length());
    return frame.appendByte((byte) 0).appendInt(message.length()).appendBuffer(message);
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
