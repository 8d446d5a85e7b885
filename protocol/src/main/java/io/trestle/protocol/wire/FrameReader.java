package io.trestle.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.trestle.protocol.StatusCode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Puts messages together from the chunks of one stream, without copying them.
 *
 * <p>A compressed message is refused by its flag, before anything is unpacked, and one that is too
 * large by its length, before anything is kept. A message that lies in one chunk is handed over as
 * a view of it; of a longer one the pieces are kept as they came and handed over as one buffer of
 * many parts, from which a parser reads. Memory follows what has arrived, never what a length
 * promises. A small piece would hold on to the whole network buffer it lies in; those are copied
 * together, into buffers as large as what has arrived so far, and what arrives next goes there as
 * long as it fits, so that both their number and their slack stay bounded.
 *
 * <p>Whoever stops reading calls {@link #close}, which gives kept pieces back. After a refusal
 * everything further is dropped; the stream is to be ended with the status.
 */
public final class FrameReader {
  private static final int SMALL_PIECE = 4 << 10;

  private final int maxMessage;
  private final byte[] header = new byte[Frames.HEADER];
  private final List<ByteBuf> pieces = new ArrayList<>(0);
  private @Nullable ByteBuf small;
  private int headerFill;
  private int length;
  private int fill;
  private boolean closed;
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
   * Takes a chunk and hands over the messages it completes, each valid during the call only.
   *
   * @return why the stream cannot go on, or null
   */
  public @Nullable CallStatus read(ByteBuf chunk, Consumer<ByteBuf> messages) {
    while (refusal == null && !closed && chunk.isReadable()) {
      if (headerFill < Frames.HEADER) {
        header(chunk);
      } else {
        body(chunk, messages);
      }
      if (headerFill == Frames.HEADER && refusal == null && length == 0) {
        complete(chunk.readSlice(0), messages);
      }
    }
    return refusal;
  }

  /** Whether the stream ends between two messages. */
  public boolean clean() {
    return headerFill == 0 && refusal == null;
  }

  /** Bytes of memory that are held for a message that is not complete. */
  int held() {
    return pieces.stream().mapToInt(ByteBuf::capacity).sum();
  }

  /** Keeps nothing any more and reads nothing any more. */
  public void close() {
    closed = true;
    release();
  }

  private void header(ByteBuf chunk) {
    int count = Math.min(Frames.HEADER - headerFill, chunk.readableBytes());
    chunk.readBytes(header, headerFill, count);
    headerFill += count;
    if (headerFill == Frames.HEADER) {
      begin();
    }
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

  private void body(ByteBuf chunk, Consumer<ByteBuf> messages) {
    int count = Math.min(length - fill, chunk.readableBytes());
    if (count == length) {
      complete(chunk.readSlice(count), messages);
      return;
    }
    keep(chunk, count);
    fill += count;
    if (fill == length) {
      join(messages);
    }
  }

  private void keep(ByteBuf chunk, int count) {
    ByteBuf room = small;
    if (room != null && room.writableBytes() >= count) {
      room.writeBytes(chunk, count); // whatever its size: room that is there gets used
    } else if (count >= SMALL_PIECE) {
      small = null;
      pieces.add(chunk.readRetainedSlice(count));
    } else {
      room = chunk.alloc().directBuffer(Math.min(length - fill, Math.max(SMALL_PIECE, fill)));
      pieces.add(room.writeBytes(chunk, count));
      small = room;
    }
  }

  private void join(Consumer<ByteBuf> messages) {
    CompositeByteBuf whole = pieces.get(0).alloc().compositeBuffer(pieces.size());
    whole.addComponents(true, pieces);
    pieces.clear();
    small = null;
    try {
      complete(whole, messages);
    } finally {
      whole.release();
    }
  }

  private void complete(ByteBuf message, Consumer<ByteBuf> messages) {
    headerFill = 0;
    length = 0;
    fill = 0;
    messages.accept(message);
  }

  private void release() {
    pieces.forEach(ByteBuf::release);
    pieces.clear();
    small = null;
  }
}
