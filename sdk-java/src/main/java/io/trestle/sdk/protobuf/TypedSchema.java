package io.trestle.sdk.protobuf;

import com.google.protobuf.Message;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.Contract;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.inbound.UndecodableException;

/**
 * The messages of a method as Java types.
 *
 * @param <Q> what requests are
 * @param <R> what answers are
 */
public final class TypedSchema<Q, R> {
  private final Contract contract;
  private final AnswerKind answers;
  private final MessageType<Q> requests;
  private final MessageType<R> replies;

  TypedSchema(
      Contract contract, AnswerKind answers, MessageType<Q> requests, MessageType<R> replies) {
    this.contract = contract;
    this.answers = answers;
    this.requests = requests;
    this.replies = replies;
  }

  /**
   * Of classes that protoc generated.
   *
   * @throws ConfigurationException if they are not
   */
  public static <Q extends Message, R extends Message> TypedSchema<Q, R> of(
      Class<Q> requests, Class<R> replies) {
    return MethodSchema.of(
            MessageType.prototype(requests).getDescriptorForType(),
            MessageType.prototype(replies).getDescriptorForType())
        .as(requests, replies);
  }

  /** The contract. */
  public Contract contract() {
    return contract;
  }

  /**
   * Reads a request, for those who have it as bytes: tests and tools.
   *
   * @throws ValidationException if it is none
   */
  public Q decodeRequest(byte[] payload) {
    try {
      return request(payload);
    } catch (UndecodableException e) {
      throw new ValidationException(String.valueOf(e.getMessage()), e);
    }
  }

  AnswerKind answers() {
    return answers;
  }

  /** What was asked. */
  Q request(byte[] payload) throws UndecodableException {
    try {
      return requests.decode(payload);
    } catch (Misfit e) {
      throw new UndecodableException("the payload does not decode: " + e.getMessage());
    }
  }

  MessageType<Q> requests() {
    return requests;
  }

  MessageType<R> replies() {
    return replies;
  }
}
