package io.trestle.protocol.schema;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.trestle.protocol.events.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code .schema.json} files (rpc.md 7.1): messages for those who have no {@code .proto}.
 *
 * <pre>{@code
 * {"input":  {"Order":   {"sku":   {"type": "string", "fieldNumber": 1},
 *                         "items": {"type": "array", "fieldNumber": 2,
 *                                   "array": {"type": "object", "nested": {...}}}}},
 *  "output": {"Receipt": {"id":    {"type": "string", "fieldNumber": 1}}}}
 * }</pre>
 *
 * <p>The names of messages come from where they stand, since they are part of the contract hash:
 * the roots are {@code Input} and {@code Output} whatever the file calls them, an object is {@code
 * <parent>_<field>}, an object within an array {@code <parent>_<field>_elem}; there is no package.
 * Two places can so come to one name ({@code a_elem} beside an array {@code a}); that is refused
 * rather than guessed at.
 *
 * <p>Whatever a reader would have to guess is an error, with the path of the place: a number that
 * is missing or given twice, a property twice, {@code nested} where there is nothing to nest.
 * Properties that the format does not know are ignored. Nesting ends at 64 levels of JSON.
 */
public final class SchemaJson {
  private static final int MAX_SHOWN = 120;
  private static final int MAX_NUMBER = 536_870_911;
  private static final int FIRST_RESERVED = 19_000;
  private static final int LAST_RESERVED = 19_999;
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final String OBJECT = "object";
  private static final String ARRAY = "array";
  private static final List<String> SCALARS =
      List.of("string", "bool", "int32", "int64", "uint32", "uint64", "float", "double", "bytes");

  private final FileDescriptorProto.Builder file =
      FileDescriptorProto.newBuilder().setName("schema.json").setSyntax("proto3");
  private final Map<String, String> places = new HashMap<>();

  private SchemaJson() {}

  /**
   * The messages of a file.
   *
   * @throws SchemaException if it is not as described, with the place
   */
  public static MessagePair parse(String text) {
    Map<?, ?> root = object("the file", json(text));
    SchemaJson schema = new SchemaJson();
    schema.root("Input", "input", root.get("input"));
    schema.root("Output", "output", root.get("output"));
    try {
      FileDescriptor built = FileDescriptor.buildFrom(schema.file.build(), new FileDescriptor[0]);
      return new MessagePair(message(built, "Input"), message(built, "Output"));
    } catch (DescriptorValidationException e) {
      throw new SchemaException(String.valueOf(e.getMessage()), e);
    }
  }

  private static Object json(String text) {
    try {
      return Json.parseStrictly(text);
    } catch (Json.Malformed e) {
      throw new SchemaException("not JSON: " + e.reason(), e);
    }
  }

  private static Descriptor message(FileDescriptor file, String name) {
    Descriptor message = file.findMessageTypeByName(name);
    if (message == null) {
      throw new IllegalStateException(name + " was built");
    }
    return message;
  }

  private void root(String name, String place, @Nullable Object value) {
    Map<?, ?> messages = object(place, value);
    if (messages.size() != 1) {
      throw wrong(place, messages.size() + " messages", "exactly one message");
    }
    Map.Entry<?, ?> message = messages.entrySet().iterator().next();
    message(name, place + "." + message.getKey(), message.getValue());
  }

  private void message(String name, String place, @Nullable Object value) {
    String taken = places.putIfAbsent(name, place);
    if (taken != null) {
      throw wrong(place, "a message named " + name, "another name than that of " + taken);
    }
    DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(name);
    Map<Integer, String> numbers = new HashMap<>();
    for (Map.Entry<?, ?> property : object(place, value).entrySet()) {
      String field = String.valueOf(property.getKey());
      FieldDescriptorProto built = field(name, field, place + "." + field, property.getValue());
      String other = numbers.putIfAbsent(built.getNumber(), field);
      if (other != null) {
        throw wrong(
            place + "." + field + ".fieldNumber",
            String.valueOf(built.getNumber()),
            "a number that is not that of " + other);
      }
      message.addField(built);
    }
    file.addMessageType(message);
  }

  private FieldDescriptorProto field(
      String message, String name, String place, @Nullable Object value) {
    if (!NAME.matcher(name).matches()) {
      throw wrong(place, "this name", "letters, digits and _, not beginning with a digit");
    }
    Map<?, ?> property = object(place, value);
    FieldDescriptorProto.Builder field =
        FieldDescriptorProto.newBuilder()
            .setName(name)
            .setNumber(number(place + ".fieldNumber", property.get("fieldNumber")))
            .setLabel(Label.LABEL_OPTIONAL);
    Object type = property.get("type");
    if (ARRAY.equals(type)) {
      refuse(place, property, "nested", "only with type object");
      String inside = place + ".array";
      Map<?, ?> element = object(inside, property.get(ARRAY));
      refuse(inside, element, ARRAY, "no arrays of arrays");
      type(field.setLabel(Label.LABEL_REPEATED), message + "_" + name + "_elem", inside, element);
    } else {
      refuse(place, property, ARRAY, "only with type array");
      type(field, message + "_" + name, place, property);
    }
    return field.build();
  }

  private void type(
      FieldDescriptorProto.Builder field, String nestedName, String place, Map<?, ?> property) {
    Object type = property.get("type");
    if (OBJECT.equals(type)) {
      message(nestedName, place + ".nested", property.get("nested"));
      field.setType(FieldDescriptorProto.Type.TYPE_MESSAGE).setTypeName("." + nestedName);
    } else if (type instanceof String scalar && SCALARS.contains(scalar)) {
      refuse(place, property, "nested", "only with type object");
      field.setType(FieldDescriptorProto.Type.valueOf("TYPE_" + scalar.toUpperCase(Locale.ROOT)));
    } else {
      String known =
          Stream.concat(SCALARS.stream(), Stream.of(OBJECT, ARRAY))
              .collect(Collectors.joining(", "));
      throw wrong(place + ".type", found(type), "one of " + known);
    }
  }

  private static int number(String place, @Nullable Object value) {
    if (value instanceof Long number
        && number >= 1
        && number <= MAX_NUMBER
        && (number < FIRST_RESERVED || number > LAST_RESERVED)) {
      return number.intValue();
    }
    throw wrong(
        place, found(value), "1 to " + MAX_NUMBER + ", without 19000 to 19999, on each property");
  }

  private static Map<?, ?> object(String place, @Nullable Object value) {
    if (value instanceof Map<?, ?> members) {
      return members;
    }
    throw wrong(place, found(value), "an object");
  }

  private static void refuse(String place, Map<?, ?> property, String key, String expected) {
    if (property.containsKey(key)) {
      throw wrong(place + "." + key, "present", expected);
    }
  }

  private static SchemaException wrong(String place, String found, String expected) {
    return new SchemaException(
        shown(place) + ": " + shown(found) + " (expected: " + expected + ")");
  }

  /** Short enough for a message, and on one line. */
  private static String shown(String text) {
    String head = text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
    return head.replaceAll("\\p{Cntrl}", "?");
  }

  private static String found(@Nullable Object value) {
    if (value == null) {
      return "missing";
    }
    if (value instanceof String text) {
      return '"' + text + '"';
    }
    if (value instanceof Map) {
      return "an object";
    }
    return value instanceof List ? "an array" : value.toString();
  }
}
