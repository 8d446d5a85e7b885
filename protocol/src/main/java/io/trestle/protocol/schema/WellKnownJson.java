package io.trestle.protocol.schema;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.BytesValue;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DoubleValue;
import com.google.protobuf.Duration;
import com.google.protobuf.FieldMask;
import com.google.protobuf.FloatValue;
import com.google.protobuf.Int32Value;
import com.google.protobuf.Int64Value;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.StringValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UInt64Value;
import com.google.protobuf.Value;
import java.io.IOException;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The messages of {@code google/protobuf} that have a JSON form of their own. They are read as
 * protobuf's own classes, whoever described them; what does not read as one, or holds no time that
 * exists, has no special form.
 */
final class WellKnownJson {
  private static final String PACKAGE = "google.protobuf.";
  private static final String FILES = "google/protobuf/";
  private static final long FIRST_SECOND = -62_135_596_800L;
  private static final long LAST_SECOND = 253_402_300_799L;
  private static final long MAX_SECONDS = 315_576_000_000L;
  private static final int NANOS = 1_000_000_000;

  private WellKnownJson() {}

  /** Writes a message that has a form of its own; false, and nothing is written, if it has none. */
  static boolean write(JsonGenerator out, Message message) throws IOException {
    Descriptor type = message.getDescriptorForType();
    if (!isOfGoogle(type)) {
      return false;
    }
    try {
      return writeKnown(out, type.getName(), message);
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
  }

  /** Whether a message is one of those that come with protobuf. */
  static boolean isOfGoogle(Descriptor type) {
    return type.getFullName().startsWith(PACKAGE) && type.getFile().getName().startsWith(FILES);
  }

  private static boolean writeKnown(JsonGenerator out, String name, Message message)
      throws IOException {
    byte[] bytes = message.toByteArray();
    switch (name) {
      case "Timestamp" -> {
        return timestamp(out, Timestamp.parseFrom(bytes));
      }
      case "Duration" -> {
        return duration(out, Duration.parseFrom(bytes));
      }
      case "FieldMask" -> out.writeString(paths(FieldMask.parseFrom(bytes)));
      case "Any" -> any(out, Any.parseFrom(bytes));
      case "Struct" -> struct(out, Struct.parseFrom(bytes));
      case "ListValue" -> list(out, ListValue.parseFrom(bytes));
      case "Value" -> value(out, Value.parseFrom(bytes));
      case "BoolValue" -> out.writeBoolean(BoolValue.parseFrom(bytes).getValue());
      case "StringValue" -> out.writeString(StringValue.parseFrom(bytes).getValue());
      case "BytesValue" -> out.writeBinary(BytesValue.parseFrom(bytes).getValue().toByteArray());
      case "FloatValue" -> out.writeNumber(FloatValue.parseFrom(bytes).getValue());
      case "DoubleValue" -> out.writeNumber(DoubleValue.parseFrom(bytes).getValue());
      case "Int32Value" -> out.writeNumber(Int32Value.parseFrom(bytes).getValue());
      case "UInt32Value" ->
          out.writeNumber(Integer.toUnsignedLong(UInt32Value.parseFrom(bytes).getValue()));
      case "Int64Value" -> out.writeString(Long.toString(Int64Value.parseFrom(bytes).getValue()));
      case "UInt64Value" ->
          out.writeString(Long.toUnsignedString(UInt64Value.parseFrom(bytes).getValue()));
      default -> {
        return false;
      }
    }
    return true;
  }

  private static boolean timestamp(JsonGenerator out, Timestamp time) throws IOException {
    boolean exists =
        time.getSeconds() >= FIRST_SECOND
            && time.getSeconds() <= LAST_SECOND
            && time.getNanos() >= 0
            && time.getNanos() < NANOS;
    if (exists) {
      out.writeString(Instant.ofEpochSecond(time.getSeconds(), time.getNanos()).toString());
    }
    return exists;
  }

  private static boolean duration(JsonGenerator out, Duration time) throws IOException {
    long seconds = time.getSeconds();
    int nanos = time.getNanos();
    boolean exists =
        seconds >= -MAX_SECONDS
            && seconds <= MAX_SECONDS
            && nanos > -NANOS
            && nanos < NANOS
            && (Long.signum(seconds) * Integer.signum(nanos) >= 0);
    if (exists) {
      String sign = seconds < 0 || nanos < 0 ? "-" : "";
      out.writeString(sign + Math.abs(seconds) + fraction(Math.abs(nanos)) + "s");
    }
    return exists;
  }

  /** In groups of three digits, as many as it takes. */
  private static String fraction(int nanos) {
    if (nanos == 0) {
      return "";
    }
    String digits = String.format(Locale.ROOT, ".%09d", nanos);
    return digits.replaceFirst("(000){1,2}$", "");
  }

  private static String paths(FieldMask mask) {
    return mask.getPathsList().stream()
        .map(WellKnownJson::camelCase)
        .collect(Collectors.joining(","));
  }

  private static String camelCase(String path) {
    StringBuilder camel = new StringBuilder();
    boolean raise = false;
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '_') {
        raise = true;
      } else {
        camel.append(raise ? Character.toUpperCase(c) : c);
        raise = false;
      }
    }
    return camel.toString();
  }

  /** What is inside stays closed: its schema is not known here. */
  private static void any(JsonGenerator out, Any any) throws IOException {
    out.writeStartObject();
    if (!any.getTypeUrl().isEmpty()) {
      out.writeStringField("@type", any.getTypeUrl());
      out.writeBinaryField("value", any.getValue().toByteArray());
    }
    out.writeEndObject();
  }

  private static void struct(JsonGenerator out, Struct struct) throws IOException {
    out.writeStartObject();
    for (Map.Entry<String, Value> field : struct.getFieldsMap().entrySet()) {
      out.writeFieldName(field.getKey());
      value(out, field.getValue());
    }
    out.writeEndObject();
  }

  private static void list(JsonGenerator out, ListValue list) throws IOException {
    out.writeStartArray();
    for (Value value : list.getValuesList()) {
      value(out, value);
    }
    out.writeEndArray();
  }

  private static void value(JsonGenerator out, Value value) throws IOException {
    switch (value.getKindCase()) {
      case NUMBER_VALUE -> out.writeNumber(value.getNumberValue());
      case STRING_VALUE -> out.writeString(value.getStringValue());
      case BOOL_VALUE -> out.writeBoolean(value.getBoolValue());
      case STRUCT_VALUE -> struct(out, value.getStructValue());
      case LIST_VALUE -> list(out, value.getListValue());
      case NULL_VALUE, KIND_NOT_SET -> out.writeNull();
    }
  }
}
