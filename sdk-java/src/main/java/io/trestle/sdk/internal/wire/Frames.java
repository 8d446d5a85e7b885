package io.trestle.sdk.internal.wire;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes gRPC frames: a flag, four bytes of length, the message; in one array, copied once. */
public final class Frames {
  /** Bytes before the message. */
  public static final int HEADER = 5;

  private Frames() {}

  /** What writes itself after a header. */
  @FunctionalInterface
  interface Body {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  /** The frame of a generated message. */
  public static Buffer of(MessageLite message) {
    return of(message.getSerializedSize(), message::writeTo);
  }

  /** The frame of a body of exactly this size. */
  static Buffer of(int size, Body body) {
    byte[] frame = new byte[HEADER + size];
    frame[1] = (byte) (size >>> 24);
    frame[2] = (byte) (size >>> 16);
    frame[3] = (byte) (size >>> 8);
    frame[4] = (byte) size;
    CodedOutputStream out = CodedOutputStream.newInstance(frame, HEADER, size);
    try {
      body.writeTo(out);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return BufferInternal.buffer(Unpooled.wrappedBuffer(frame));
  }
}
