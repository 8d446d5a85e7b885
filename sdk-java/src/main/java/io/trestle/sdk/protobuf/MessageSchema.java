package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import io.trestle.protocol.schema.ContractHash;
import io.trestle.protocol.schema.JsonMirror;
import io.trestle.protocol.schema.JsonSchema;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.ValidationException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The message of an event, from wherever it comes: a generated class, a {@code .proto} file, a
 * {@code .schema.json} file. It decides the contract hash (events.md 11.1); in which Java type an
 * end wants to see it is its own affair.
 */
public final class MessageSchema {
  private final Descriptor message;

  private MessageSchema(Descriptor message) {
    this.message = message;
  }

  /** Of a message. */
  public static MessageSchema of(Descriptor message) {
    return new MessageSchema(message);
  }

  /** Of what a method takes, where a source tells messages in pairs; the answer is ignored. */
  public static MessageSchema of(MethodSchema method) {
    return new MessageSchema(method.input());
  }

  /**
   * Of a class that protoc generated, as its own objects.
   *
   * @throws ConfigurationException if it is none
   */
  public static <T extends Message> EventSchema<T> of(Class<T> payloads) {
    return of(MessageType.prototype(payloads).getDescriptorForType()).as(payloads);
  }

  /** The message. */
  public Descriptor message() {
    return message;
  }

  /**
   * Payloads as objects of a class: a record, or a generated class of this very message; see {@link
   * MethodSchema#as}.
   *
   * @throws ConfigurationException if the class does not fit, naming what does not
   */
  public <T> EventSchema<T> as(Class<T> payloads) {
    return new Typed<>(message, MessageType.of(payloads, message));
  }

  /** Payloads as maps; see {@link MethodSchema#asMaps}. */
  public EventSchema<Map<String, Object>> asMaps() {
    return new Typed<>(message, MessageType.maps(message));
  }

  private static final class Typed<T> implements EventSchema<T> {
    private final MessageType<T> type;
    private final String contractHash;
    private final byte[] json;

    Typed(Descriptor message, MessageType<T> type) {
      this.type = type;
      this.contractHash = ContractHash.ofEvent(message);
      this.json = JsonSchema.of(message);
    }

    @Override
    public String contractHash() {
      return contractHash;
    }

    @Override
    public byte[] json() {
      return json.clone();
    }

    @Override
    public Encoded encode(T payload) {
      Message message = type.message(payload);
      byte[] view = JsonMirror.of(message).getBytes(StandardCharsets.UTF_8);
      return new Encoded(message.toByteArray(), view);
    }

    @Override
    public T decode(byte[] payload) {
      try {
        return type.decode(payload);
      } catch (Misfit e) {
        throw new ValidationException(String.valueOf(e.getMessage()), e);
      }
    }
  }
}
