package io.trestle.benchmarks.worker;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** The echo of grpc-java: bytes as they are, marshalled in the way it copies least. */
final class Echo {
  static final MethodDescriptor<byte[], byte[]> METHOD =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName("bench.Echo", "Echo"))
          .setRequestMarshaller(new Bytes())
          .setResponseMarshaller(new Bytes())
          .build();

  /** The same bytes, and many of them. */
  static final MethodDescriptor<byte[], byte[]> STREAM =
      METHOD.toBuilder()
          .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
          .setFullMethodName(MethodDescriptor.generateFullMethodName("bench.Echo", "Stream"))
          .build();

  private Echo() {}

  /** What is wrong with a reply; null for nothing. */
  static @Nullable Throwable check(byte[] payload, byte @Nullable [] reply) {
    return reply != null && reply.length == payload.length
        ? null
        : new IllegalStateException("the reply is not the request");
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new Whole(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        byte[] value = new byte[stream.available()];
        int count = stream.readNBytes(value, 0, value.length);
        if (count != value.length || stream.read() >= 0) {
          throw new IOException("the length is not what was announced");
        }
        return value;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Tells its length and writes itself at once, which spares the library a copy. */
  private static final class Whole extends ByteArrayInputStream implements KnownLength, Drainable {
    Whole(byte[] value) {
      super(value);
    }

    @Override
    public synchronized int drainTo(OutputStream target) throws IOException {
      int length = count - pos;
      target.write(buf, pos, length);
      pos = count;
      return length;
    }
  }
}
