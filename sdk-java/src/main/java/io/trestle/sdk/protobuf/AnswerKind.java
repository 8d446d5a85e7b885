package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.MethodDescriptor;
import io.trestle.sdk.ValidationException;

/** What a schema says about the answers of a method; two messages alone say nothing. */
enum AnswerKind {
  ONE,
  MANY,
  OPEN;

  static AnswerKind of(MethodDescriptor method) {
    return method.isServerStreaming() ? MANY : ONE;
  }

  /**
   * Holds a use to the schema.
   *
   * @param streams whether a stream is served or asked for
   * @throws ValidationException if the schema says otherwise
   */
  void check(String method, boolean streams) {
    if (this == ONE && streams) {
      throw new ValidationException("rpc " + method + ": answers with one message, not a stream");
    }
    if (this == MANY && !streams) {
      throw new ValidationException("rpc " + method + ": answers with a stream");
    }
  }
}
