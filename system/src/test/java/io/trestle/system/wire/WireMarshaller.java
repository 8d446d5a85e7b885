package io.trestle.system.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.trestle.protocol.RpcMethod;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** Generated messages on grpc-java. */
final class WireMarshaller<M extends MessageLite> implements MethodDescriptor.Marshaller<M> {
  private final Parser<M> parser;

  private WireMarshaller(Parser<M> parser) {
    this.parser = parser;
  }

  /** A method of the catalogue. */
  static <Q extends Message, R extends Message> MethodDescriptor<Q, R> descriptor(
      RpcMethod<Q, R> method) {
    return MethodDescriptor.newBuilder(
            new WireMarshaller<>(method.request()), new WireMarshaller<>(method.response()))
        .setType(type(method))
        .setFullMethodName(method.path().substring(1))
        .build();
  }

  static MethodType type(RpcMethod<?, ?> method) {
    return switch (method.kind()) {
      case UNARY -> MethodType.UNARY;
      case SERVER_STREAM -> MethodType.SERVER_STREAMING;
      case BIDIRECTIONAL -> MethodType.BIDI_STREAMING;
    };
  }

  @Override
  public InputStream stream(M message) {
    return new ByteArrayInputStream(message.toByteArray());
  }

  @Override
  public M parse(InputStream stream) {
    try {
      return parser.parseFrom(stream);
    } catch (InvalidProtocolBufferException e) {
      throw Status.INTERNAL.withDescription("unreadable message").withCause(e).asRuntimeException();
    }
  }
}
