package io.trestle.protocol.wire;

import com.google.protobuf.MessageLite;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Writes gRPC frames: a flag, four bytes of length, the message; straight into the buffer that is
 * encrypted, so that a payload is copied once.
 */
public final class Frames {
  /** Bytes before the message. */
  public static final int HEADER = 5;

  private Frames() {}

  /** A message that is about to be sent. */
  public interface Body {
    /** Its size, in bytes. */
    int size();

    /** Writes exactly that many bytes. */
    void writeTo(ByteBuf out) throws IOException;
  }

  /** A generated message. */
  public static Body of(MessageLite message) {
    int size = message.getSerializedSize();
    return new Body() {
      @Override
      public int size() {
        return size;
      }

      @Override
      public void writeTo(ByteBuf out) throws IOException {
        message.writeTo(new ByteBufOutputStream(out));
      }
    };
  }

  /** The frame of a message, copied to the heap. */
  public static Buffer copy(ByteBuf message) {
    int size = message.readableBytes();
    byte[] frame = new byte[HEADER + size];
    frame[1] = (byte) (size >>> 24);
    frame[2] = (byte) (size >>> 16);
    frame[3] = (byte) (size >>> 8);
    frame[4] = (byte) size;
    message.getBytes(message.readerIndex(), frame, HEADER, size);
    return BufferInternal.buffer(Unpooled.wrappedBuffer(frame));
  }

  /** The frame of a message; it belongs to the caller. */
  static ByteBuf encode(ByteBufAllocator alloc, Body body) {
    int size = body.size();
    ByteBuf frame = alloc.directBuffer(HEADER + size, HEADER + size);
    frame.writeByte(0).writeInt(size);
    try {
      body.writeTo(frame);
      if (frame.isWritable()) {
        throw new IllegalStateException("message: shorter than its size of " + size + " bytes");
      }
      return frame;
    } catch (IOException e) {
      frame.release();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      frame.release();
      throw e;
    }
  }
}
