package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import io.trestle.protocol.schema.ContractHash;
import io.trestle.protocol.schema.JsonSchema;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.Contract;
import java.util.Map;

/**
 * The messages of a method: what it takes and what it answers with, from wherever they come. They
 * decide the contract, and with it who can call whom (rpc.md 7.3); in which Java types an end wants
 * to see them is its own affair.
 */
public final class MethodSchema {
  private final Descriptor input;
  private final Descriptor output;
  private final AnswerKind answers;
  private final Contract contract;

  private MethodSchema(Descriptor input, Descriptor output, AnswerKind answers) {
    this.input = input;
    this.output = output;
    this.answers = answers;
    this.contract =
        new Contract(ContractHash.of(input, output), JsonSchema.of(input), JsonSchema.of(output));
  }

  /** Of two messages, which leave open whether the answer is a stream. */
  public static MethodSchema of(Descriptor input, Descriptor output) {
    return new MethodSchema(input, output, AnswerKind.OPEN);
  }

  /** Of a method, which also says whether the answer is a stream. */
  public static MethodSchema of(MethodDescriptor method) {
    return new MethodSchema(method.getInputType(), method.getOutputType(), AnswerKind.of(method));
  }

  AnswerKind answers() {
    return answers;
  }

  /** What the method takes. */
  public Descriptor input() {
    return input;
  }

  /** What the method answers with. */
  public Descriptor output() {
    return output;
  }

  /** The contract: its hash decides who can call whom. */
  public Contract contract() {
    return contract;
  }

  /**
   * The messages as objects of these classes: records, or generated classes of these very messages.
   *
   * <p>A component of a record belongs to the field of its name, by JSON name or as in the {@code
   * .proto}. Its type follows from the field: {@code int}; {@code long} for 64 bits and for
   * unsigned 32; {@code float}, {@code double}, {@code boolean}, {@code String}, {@code byte[]}; an
   * enum whose constants are among the values, or {@code String}; a record, or {@code Map<String,
   * Object>}, for a message, {@code Instant} and {@code Duration} for those of {@code
   * google.protobuf}; {@code List} and {@code Map} of these. What may be absent ({@code optional},
   * members of a oneof, messages) is an {@code Optional}, or null. Fields without a component stay
   * unset.
   *
   * @throws ConfigurationException if a class does not fit, naming what does not
   */
  public <Q, R> TypedSchema<Q, R> as(Class<Q> requests, Class<R> replies) {
    return new TypedSchema<>(
        contract, answers, MessageType.of(requests, input), MessageType.of(replies, output));
  }

  /**
   * The messages as maps. Keys are JSON names; values are those of records, enums by name, messages
   * as maps. Read maps always hold lists, maps and plain scalars, and the rest if it is present.
   */
  public TypedSchema<Map<String, Object>, Map<String, Object>> asMaps() {
    return new TypedSchema<>(contract, answers, MessageType.maps(input), MessageType.maps(output));
  }
}
