package io.trestle.protocol.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON view of a message that filters and people see (rpc.md 7.2): lowerCamelCase names, 64-bit
 * integers as strings, bytes as base64, enums by name; what is unset or has its default is left
 * out. It is what {@code JsonFormat} of protobuf-java-util prints, which a test holds beside it,
 * but for two things: it never fails, and an {@code Any} stays closed.
 */
public final class JsonMirror {
  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonMirror() {}

  /** The view of a message. */
  public static String of(Message message) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = FACTORY.createGenerator(text)) {
      message(out, message);
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return text.toString();
  }

  /** {@code getAllFields} holds just what the view shows, in the order of numbers. */
  private static void message(JsonGenerator out, Message message) throws IOException {
    if (WellKnownJson.write(out, message)) {
      return;
    }
    out.writeStartObject();
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      out.writeFieldName(field.getKey().getJsonName());
      field(out, field.getKey(), field.getValue());
    }
    out.writeEndObject();
  }

  private static void field(JsonGenerator out, FieldDescriptor field, Object value)
      throws IOException {
    if (field.isMapField()) {
      map(out, field, (List<?>) value);
    } else if (field.isRepeated()) {
      out.writeStartArray();
      for (Object element : (List<?>) value) {
        value(out, field, element);
      }
      out.writeEndArray();
    } else {
      value(out, field, value);
    }
  }

  /** Of a key that is on the wire twice the last value counts. */
  private static void map(JsonGenerator out, FieldDescriptor map, List<?> entries)
      throws IOException {
    FieldDescriptor keyField = map.getMessageType().findFieldByNumber(1);
    FieldDescriptor valueField = map.getMessageType().findFieldByNumber(2);
    Map<String, Object> values = new LinkedHashMap<>();
    for (Object element : entries) {
      Message entry = (Message) element;
      values.put(key(keyField, entry.getField(keyField)), entry.getField(valueField));
    }
    out.writeStartObject();
    for (Map.Entry<String, Object> entry : values.entrySet()) {
      out.writeFieldName(entry.getKey());
      value(out, valueField, entry.getValue());
    }
    out.writeEndObject();
  }

  private static String key(FieldDescriptor field, Object key) {
    return switch (field.getType()) {
      case UINT32, FIXED32 -> Integer.toUnsignedString((Integer) key);
      case UINT64, FIXED64 -> Long.toUnsignedString((Long) key);
      default -> key.toString();
    };
  }

  private static void value(JsonGenerator out, FieldDescriptor field, Object value)
      throws IOException {
    switch (field.getType()) {
      case MESSAGE, GROUP -> message(out, (Message) value);
      case ENUM -> enumValue(out, (EnumValueDescriptor) value);
      case BOOL -> out.writeBoolean((Boolean) value);
      case STRING -> out.writeString((String) value);
      case BYTES -> out.writeBinary(((ByteString) value).toByteArray());
      case FLOAT -> out.writeNumber((Float) value);
      case DOUBLE -> out.writeNumber((Double) value);
      case INT32, SINT32, SFIXED32 -> out.writeNumber((Integer) value);
      case UINT32, FIXED32 -> out.writeNumber(Integer.toUnsignedLong((Integer) value));
      case INT64, SINT64, SFIXED64 -> out.writeString(value.toString());
      case UINT64, FIXED64 -> out.writeString(Long.toUnsignedString((Long) value));
    }
  }

  /** A number without a name, from a newer schema, is shown as the number. */
  private static void enumValue(JsonGenerator out, EnumValueDescriptor value) throws IOException {
    if (value.getIndex() < 0) {
      out.writeNumber(value.getNumber());
    } else {
      out.writeString(value.getName());
    }
  }
}
