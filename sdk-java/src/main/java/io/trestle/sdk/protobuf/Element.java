package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.lang.reflect.Type;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One value of a field, whatever its cardinality: between protobuf's form and Java's. */
sealed interface Element {

  /**
   * To protobuf.
   *
   * @param builder of the message around it, which knows how to make nested ones
   * @param depth how many messages are around it
   */
  Object toWire(Message.Builder builder, Object value, int depth) throws Misfit;

  /** To Java. */
  Object fromWire(Object value, Budget budget) throws Misfit;

  /** A scalar, or the name of an enum value. */
  record Scalar(FieldDescriptor field) implements Element {
    @Override
    public Object toWire(Message.Builder builder, Object value, int depth) throws Misfit {
      return Scalars.toWire(field, value);
    }

    @Override
    public Object fromWire(Object value, Budget budget) {
      return Scalars.fromWire(field, value);
    }
  }

  /** A constant of an enum of the application, by name. */
  record Constant(FieldDescriptor field, Map<String, Enum<?>> constants) implements Element {
    static Constant of(FieldDescriptor field, Class<?> type) {
      return new Constant(
          field,
          Arrays.stream(type.getEnumConstants())
              .map(constant -> (Enum<?>) constant)
              .collect(Collectors.toMap(Enum::name, Function.identity())));
    }

    @Override
    public Object toWire(Message.Builder builder, Object value, int depth) throws Misfit {
      return Scalars.toWire(field, value);
    }

    @Override
    public Object fromWire(Object value, Budget budget) throws Misfit {
      String name = ((EnumValueDescriptor) value).getName();
      Enum<?> constant = constants.get(name);
      if (constant == null) {
        throw new Misfit(name + " (expected: one of " + constants.keySet() + ")");
      }
      return constant;
    }
  }

  /** A message; its shape is found at the first use, since messages may hold themselves. */
  record Nested(FieldDescriptor field, Supplier<Shape> shape) implements Element {
    private static final int MAX_DEPTH = 100;

    @Override
    public Object toWire(Message.Builder builder, Object value, int depth) throws Misfit {
      if (depth >= MAX_DEPTH) {
        throw new Misfit("nested deeper than " + MAX_DEPTH + " messages");
      }
      Message.Builder nested = builder.newBuilderForField(field);
      shape.get().write(value, nested, depth + 1);
      return nested.buildPartial();
    }

    @Override
    public Object fromWire(Object value, Budget budget) throws Misfit {
      return shape.get().read((Message) value, budget);
    }
  }

  /** A {@code Timestamp} as {@code Instant}, or a {@code Duration} as that of the JDK. */
  record Time(FieldDescriptor field, boolean moment) implements Element {
    private static final String TIMESTAMP = "google.protobuf.Timestamp";
    private static final String DURATION = "google.protobuf.Duration";

    /** For a component of a type; null if the field is no such time. */
    static @Nullable Time of(FieldDescriptor field, Type type) {
      String message = field.getMessageType().getFullName();
      boolean moment = message.equals(TIMESTAMP) && type == Instant.class;
      boolean time = moment || (message.equals(DURATION) && type == Duration.class);
      return time && wellFormed(field.getMessageType()) ? new Time(field, moment) : null;
    }

    @Override
    public Object toWire(Message.Builder builder, Object value, int depth) throws Misfit {
      if (value instanceof Instant instant && moment) {
        return message(builder, instant.getEpochSecond(), instant.getNano());
      }
      if (value instanceof Duration duration && !moment) {
        boolean negative = duration.isNegative() && duration.getNano() > 0;
        return message(
            builder,
            duration.getSeconds() + (negative ? 1 : 0),
            duration.getNano() - (negative ? 1_000_000_000 : 0));
      }
      throw Misfit.of(value, moment ? "Instant" : "Duration");
    }

    @Override
    public Object fromWire(Object value, Budget budget) throws Misfit {
      Message message = (Message) value;
      long seconds = (Long) message.getField(part(1));
      int nanos = (Integer) message.getField(part(2));
      try {
        return moment ? Instant.ofEpochSecond(seconds, nanos) : Duration.ofSeconds(seconds, nanos);
      } catch (DateTimeException | ArithmeticException e) {
        throw new Misfit(seconds + " s (expected: a time that Java can hold)");
      }
    }

    private Message message(Message.Builder builder, long seconds, int nanos) {
      Message.Builder time = builder.newBuilderForField(field);
      return time.setField(part(1), seconds).setField(part(2), nanos).buildPartial();
    }

    private FieldDescriptor part(int number) {
      return field.getMessageType().findFieldByNumber(number);
    }

    /** A file may describe anything under these names. */
    private static boolean wellFormed(Descriptor message) {
      FieldDescriptor seconds = message.findFieldByNumber(1);
      FieldDescriptor nanos = message.findFieldByNumber(2);
      return seconds != null
          && nanos != null
          && seconds.getType() == FieldDescriptor.Type.INT64
          && nanos.getType() == FieldDescriptor.Type.INT32
          && !seconds.isRepeated()
          && !nanos.isRepeated();
    }
  }
}
