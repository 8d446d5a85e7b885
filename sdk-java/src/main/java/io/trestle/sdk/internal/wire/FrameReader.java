package io.trestle.sdk.internal.wire;

import io.trestle.protocol.StatusCode;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Puts messages together from the chunks of one stream. A compressed message is refused by its
 * flag, before anything is unpacked, and one that is too large by its length, before anything is
 * kept. Memory follows what has arrived, never what a length promises: the pieces are kept as they
 * came and copied once, into an array of exactly the right size, when the last one is there. Many
 * small pieces would take more memory than their bytes; those move into an array that doubles.
 *
 * <p>After a refusal everything further is dropped; the stream is to be ended with the status.
 */
public final class FrameReader {
  private static final int MANY_PIECES = 64;
  private static final int SMALL_PIECE = 1 << 10;
  private static final byte[] NOTHING = new byte[0];

  private final int maxMessage;
  private final byte[] header = new byte[Frames.HEADER];
  private int headerFill;
  private final List<Buffer> pieces = new ArrayList<>(0);
  private byte[] message = NOTHING;
  private int length;
  private int fill;
  private @Nullable CallStatus refusal;

  /**
   * A reader.
   *
   * @param maxMessage bound of one message, in bytes
   */
  public FrameReader(int maxMessage) {
    this.maxMessage = maxMessage;
  }

  /**
   * Takes a chunk and hands over the messages it completes.
   *
   * @return why the stream cannot go on, or null
   */
  public @Nullable CallStatus read(Buffer chunk, Consumer<byte[]> messages) {
    int position = 0;
    int end = chunk.length();
    while (refusal == null && position < end) {
      position += headerFill < Frames.HEADER ? header(chunk, position) : body(chunk, position);
      if (headerFill == Frames.HEADER && refusal == null && fill == length) {
        messages.accept(take());
      }
    }
    return refusal;
  }

  /** Whether the stream ends between two messages. */
  public boolean clean() {
    return headerFill == 0 && refusal == null;
  }

  private int header(Buffer chunk, int position) {
    int count = Math.min(Frames.HEADER - headerFill, chunk.length() - position);
    chunk.getBytes(position, position + count, header, headerFill);
    headerFill += count;
    if (headerFill == Frames.HEADER) {
      begin();
    }
    return count;
  }

  private void begin() {
    long announced =
        (header[1] & 0xffL) << 24
            | (header[2] & 0xffL) << 16
            | (header[3] & 0xffL) << 8
            | (header[4] & 0xffL);
    if (header[0] != 0) {
      refusal =
          header[0] == 1
              ? CallStatus.of(StatusCode.UNIMPLEMENTED, "compressed messages are not supported")
              : CallStatus.of(StatusCode.INTERNAL, "malformed frame");
    } else if (announced > maxMessage) {
      refusal =
          CallStatus.of(
              StatusCode.RESOURCE_EXHAUSTED,
              "message: " + announced + " bytes (expected: at most " + maxMessage + ")");
    } else {
      length = (int) announced;
      fill = 0;
    }
  }

  private int body(Buffer chunk, int position) {
    int count = Math.min(length - fill, chunk.length() - position);
    if (count == length) {
      message = chunk.getBytes(position, position + count);
    } else if (message.length > 0) {
      append(chunk, position, count);
    } else {
      pieces.add(chunk.slice(position, position + count));
    }
    fill += count;
    if (pieces.size() >= MANY_PIECES && fill / pieces.size() < SMALL_PIECE) {
      join((int) Math.min(length, 2L * fill));
    }
    return count;
  }

  private void append(Buffer chunk, int position, int count) {
    if (fill + count > message.length) {
      long doubled = Math.max(2L * message.length, fill + count);
      message = Arrays.copyOf(message, (int) Math.min(length, doubled));
    }
    chunk.getBytes(position, position + count, message, fill);
  }

  private void join(int capacity) {
    message = new byte[capacity];
    int position = 0;
    for (Buffer piece : pieces) {
      piece.getBytes(message, position);
      position += piece.length();
    }
    pieces.clear();
  }

  private byte[] take() {
    if (!pieces.isEmpty()) {
      join(length);
    }
    byte[] complete = message;
    message = NOTHING;
    headerFill = 0;
    length = 0;
    fill = 0;
    return complete;
  }
}
