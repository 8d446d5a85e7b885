package io.trestle;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Messages as bytes, for tests in which grpc-java is the other end. */
public enum RawBytes implements MethodDescriptor.Marshaller<byte[]> {
  /** The only one. */
  INSTANCE;

  /**
   * A method whose messages are bytes.
   *
   * @param path with its leading slash
   */
  public static MethodDescriptor<byte[], byte[]> method(String path, MethodType type) {
    return MethodDescriptor.newBuilder(INSTANCE, INSTANCE)
        .setType(type)
        .setFullMethodName(path.substring(1))
        .build();
  }

  @Override
  public InputStream stream(byte[] message) {
    return new ByteArrayInputStream(message);
  }

  @Override
  public byte[] parse(InputStream stream) {
    try {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
