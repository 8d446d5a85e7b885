package io.trestle.sdk.protobuf;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;

/**
 * Scalars and enums between Java and protobuf (rpc.md 7.2). In Java: {@code int}, {@code long} for
 * everything of 64 bits and for unsigned 32, {@code float}, {@code double}, {@code boolean}, {@code
 * String}, {@code byte[]}, and names of enum values. Towards protobuf any integer that is in range
 * will do, and any number for floating point; nothing is converted from text.
 */
final class Scalars {
  private static final long MAX_UINT32 = 0xffff_ffffL;

  private Scalars() {}

  /** The class of a value in Java. */
  static Class<?> javaType(FieldDescriptor field) {
    return switch (field.getType()) {
      case INT32, SINT32, SFIXED32 -> Integer.class;
      case UINT32, FIXED32, INT64, SINT64, SFIXED64, UINT64, FIXED64 -> Long.class;
      case FLOAT -> Float.class;
      case DOUBLE -> Double.class;
      case BOOL -> Boolean.class;
      case STRING, ENUM -> String.class;
      case BYTES -> byte[].class;
      case MESSAGE, GROUP -> throw new IllegalArgumentException("a message is no scalar");
    };
  }

  static Object toWire(FieldDescriptor field, Object value) throws Misfit {
    return switch (field.getType()) {
      case INT32, SINT32, SFIXED32 ->
          (int) integer(value, Integer.MIN_VALUE, Integer.MAX_VALUE, "int32");
      case UINT32, FIXED32 -> (int) integer(value, 0, MAX_UINT32, "uint32");
      case INT64, SINT64, SFIXED64, UINT64, FIXED64 ->
          integer(value, Long.MIN_VALUE, Long.MAX_VALUE, "int64");
      case FLOAT -> number(value, "float").floatValue();
      case DOUBLE -> number(value, "double").doubleValue();
      case BOOL -> exactly(Boolean.class, value, "bool");
      case STRING -> exactly(String.class, value, "string");
      case BYTES ->
          value instanceof ByteString
              ? value
              : ByteString.copyFrom(exactly(byte[].class, value, "bytes"));
      case ENUM -> enumValue(field.getEnumType(), value);
      case MESSAGE, GROUP -> throw new IllegalArgumentException("a message is no scalar");
    };
  }

  /** The shape of what is read is protobuf's own, so the casts hold. */
  static Object fromWire(FieldDescriptor field, Object value) {
    return switch (field.getType()) {
      case UINT32, FIXED32 -> Integer.toUnsignedLong((Integer) value);
      case BYTES -> ((ByteString) value).toByteArray();
      case ENUM -> {
        EnumValueDescriptor known = (EnumValueDescriptor) value;
        yield known.getIndex() < 0 ? (Object) known.getNumber() : known.getName();
      }
      default -> value;
    };
  }

  private static long integer(Object value, long min, long max, String expected) throws Misfit {
    if (!(value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte)) {
      throw Misfit.of(value, expected);
    }
    long number = ((Number) value).longValue();
    if (number < min || number > max) {
      throw new Misfit(number + " (expected: " + expected + ")");
    }
    return number;
  }

  private static Number number(Object value, String expected) throws Misfit {
    if (value instanceof Number number) {
      return number;
    }
    throw Misfit.of(value, expected);
  }

  private static <T> T exactly(Class<T> type, Object value, String expected) throws Misfit {
    if (type.isInstance(value)) {
      return type.cast(value);
    }
    throw Misfit.of(value, expected);
  }

  private static EnumValueDescriptor enumValue(EnumDescriptor type, Object value) throws Misfit {
    EnumValueDescriptor known =
        value instanceof String name
            ? type.findValueByName(name)
            : value instanceof Enum<?> constant
                ? type.findValueByName(constant.name())
                : value instanceof Integer number
                    ? type.findValueByNumberCreatingIfUnknown(number)
                    : null;
    if (known == null) {
      throw Misfit.of(value, "a value of " + type.getFullName());
    }
    return known;
  }
}
