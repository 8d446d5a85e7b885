package io.trestle.protocol.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Set;

/**
 * JSON Schemas of messages, as a registration carries them for people to read (rpc.md 1.2 rule 6
 * and 7.2). They describe the JSON mirror: 64-bit integers are strings, bytes base64, enums names.
 *
 * <p>Nested messages are written out where they stand, but for a message within itself, which ends
 * as a bare object with its title. Writing out can make a small schema large (each of thirty
 * messages that holds the next one twice: a billion), so it also ends that way below {@value
 * #MAX_DEPTH} levels and after {@value #MAX_PROPERTIES} properties: every watcher of a method gets
 * its schemas, once for each instance.
 */
public final class JsonSchema {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final int MAX_DEPTH = 16;
  private static final int MAX_PROPERTIES = 500;

  private final JsonGenerator out;
  private final Set<String> open = new HashSet<>();
  private int properties;

  private JsonSchema(JsonGenerator out) {
    this.out = out;
  }

  /** The schema of a message, as UTF-8. */
  public static byte[] of(Descriptor message) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = FACTORY.createGenerator(bytes)) {
      new JsonSchema(out).message(message);
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  private void message(Descriptor message) throws IOException {
    String name = message.getFullName();
    if (WellKnownJson.isOfGoogle(message) && wellKnown(message.getName(), message)) {
      return;
    }
    out.writeStartObject();
    out.writeStringField("type", "object");
    out.writeStringField("title", name);
    if (open.size() < MAX_DEPTH && properties < MAX_PROPERTIES && open.add(name)) {
      out.writeObjectFieldStart("properties");
      for (FieldDescriptor field : message.getFields()) {
        properties++;
        out.writeFieldName(field.getJsonName());
        field(field);
      }
      out.writeEndObject();
      open.remove(name);
    }
    out.writeEndObject();
  }

  /** Writes the form of a message that is not that of its fields; false if there is none. */
  private boolean wellKnown(String name, Descriptor message) throws IOException {
    FieldDescriptor wrapped = message.findFieldByNumber(1);
    switch (name) {
      case "Timestamp" -> simple("string", "format", "date-time");
      case "Duration", "FieldMask" -> simple("string", "", "");
      case "Struct", "Any" -> simple("object", "", "");
      case "ListValue" -> simple("array", "", "");
      case "Value" -> {
        out.writeStartObject();
        out.writeEndObject();
      }
      default -> {
        boolean wrapper = name.endsWith("Value") && message.getFields().size() == 1;
        if (!wrapper || wrapped == null || wrapped.getJavaType() == JavaType.MESSAGE) {
          return false;
        }
        value(wrapped);
      }
    }
    return true;
  }

  private void field(FieldDescriptor field) throws IOException {
    if (field.isMapField()) {
      out.writeStartObject();
      out.writeStringField("type", "object");
      out.writeFieldName("additionalProperties");
      value(field.getMessageType().findFieldByNumber(2));
      out.writeEndObject();
    } else if (field.isRepeated()) {
      out.writeStartObject();
      out.writeStringField("type", "array");
      out.writeFieldName("items");
      value(field);
      out.writeEndObject();
    } else {
      value(field);
    }
  }

  private void value(FieldDescriptor field) throws IOException {
    switch (field.getType()) {
      case MESSAGE, GROUP -> message(field.getMessageType());
      case ENUM -> names(field);
      case BOOL -> simple("boolean", "", "");
      case STRING -> simple("string", "", "");
      case BYTES -> simple("string", "contentEncoding", "base64");
      case FLOAT, DOUBLE -> simple("number", "", "");
      case INT64, SINT64, SFIXED64 -> simple("string", "format", "int64");
      case UINT64, FIXED64 -> simple("string", "format", "uint64");
      case INT32, SINT32, SFIXED32, UINT32, FIXED32 -> simple("integer", "", "");
    }
  }

  private void names(FieldDescriptor field) throws IOException {
    out.writeStartObject();
    out.writeStringField("type", "string");
    out.writeArrayFieldStart("enum");
    for (EnumValueDescriptor value : field.getEnumType().getValues()) {
      out.writeString(value.getName());
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private void simple(String type, String key, String value) throws IOException {
    out.writeStartObject();
    out.writeStringField("type", type);
    if (!key.isEmpty()) {
      out.writeStringField(key, value);
    }
    out.writeEndObject();
  }
}
