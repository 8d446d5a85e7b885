package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

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
  Object fromWire(Object value) throws Misfit;

  /** A scalar, or the name of an enum value. */
  record Scalar(FieldDescriptor field) implements Element {
    @Override
    public Object toWire(Message.Builder builder, Object value, int depth) throws Misfit {
      return Scalars.toWire(field, value);
    }

    @Override
    public Object fromWire(Object value) {
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
    public Object fromWire(Object value) throws Misfit {
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
    public Object fromWire(Object value) throws Misfit {
      return shape.get().read((Message) value);
    }
  }
}
