package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UninitializedMessageException;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.ValidationException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values of one type as payloads. */
sealed interface MessageType<T> {

  /**
   * The payload of a value.
   *
   * @throws ValidationException if the value does not fit: {@code serde: encode <message>: ...}
   */
  default byte[] encode(@Nullable T value) {
    return message(value).toByteArray();
  }

  /**
   * The message of a value.
   *
   * @throws ValidationException as {@link #encode}
   */
  Message message(@Nullable T value);

  /**
   * The value of a payload.
   *
   * @throws Misfit if it is none
   */
  T decode(byte[] payload) throws Misfit;

  /** The type of a class: a generated one, or a record. */
  static <T> MessageType<T> of(Class<T> type, Descriptor message) {
    if (!Message.class.isAssignableFrom(type)) {
      return new Shaped<>(message, RecordShapes.of(type, message));
    }
    Message prototype = prototype(type);
    Descriptor own = prototype.getDescriptorForType();
    if (!own.getFullName().equals(message.getFullName())) {
      throw new ConfigurationException(
          "serde: "
              + type.getName()
              + ": a "
              + own.getFullName()
              + " (expected: "
              + message.getFullName()
              + ")");
    }
    @SuppressWarnings("unchecked") // the default instance of a class has the parser of that class
    Parser<T> parser = (Parser<T>) prototype.getParserForType();
    return new Generated<>(own.getFullName(), parser);
  }

  /** Messages as maps. */
  static MessageType<Map<String, Object>> maps(Descriptor message) {
    return new Shaped<>(message, new MapShape(message));
  }

  /** The default instance of a generated class. */
  static Message prototype(Class<?> type) {
    try {
      return (Message) type.getMethod("getDefaultInstance").invoke(null);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new ConfigurationException(
          "serde: " + type.getName() + ": no generated message (expected: a class by protoc)", e);
    }
  }

  /** Objects of a class that protoc made. */
  record Generated<T>(String name, Parser<T> parser) implements MessageType<T> {
    @Override
    public Message message(@Nullable T value) {
      if (value instanceof Message message) {
        return message;
      }
      throw unfit(name, "null (expected: a message)");
    }

    @Override
    public T decode(byte[] payload) throws Misfit {
      try {
        return parser.parseFrom(payload);
      } catch (InvalidProtocolBufferException e) {
        throw new Misfit(String.valueOf(e.getMessage()));
      }
    }
  }

  /** Maps or records. */
  record Shaped<T>(Descriptor message, Shape shape) implements MessageType<T> {
    @Override
    public Message message(@Nullable T value) {
      DynamicMessage.Builder builder = DynamicMessage.newBuilder(message);
      try {
        if (value == null) {
          throw new Misfit("null (expected: a message)");
        }
        shape.write(value, builder, 1);
        return builder.build();
      } catch (Misfit | UninitializedMessageException e) {
        throw unfit(message.getFullName(), String.valueOf(e.getMessage()));
      }
    }

    @Override
    @SuppressWarnings("unchecked") // the shape was made for T
    public T decode(byte[] payload) throws Misfit {
      try {
        return (T) shape.read(DynamicMessage.parseFrom(message, payload), new Budget());
      } catch (InvalidProtocolBufferException e) {
        throw new Misfit(String.valueOf(e.getMessage()));
      }
    }
  }

  private static ValidationException unfit(String message, String fault) {
    return new ValidationException("serde: encode " + message + ": " + fault);
  }
}
