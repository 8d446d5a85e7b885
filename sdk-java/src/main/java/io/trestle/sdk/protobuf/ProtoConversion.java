package io.trestle.sdk.protobuf;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumOptions;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldOptions;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.squareup.wire.schema.Field;
import com.squareup.wire.schema.internal.parser.EnumConstantElement;
import com.squareup.wire.schema.internal.parser.EnumElement;
import com.squareup.wire.schema.internal.parser.FieldElement;
import com.squareup.wire.schema.internal.parser.GroupElement;
import com.squareup.wire.schema.internal.parser.MessageElement;
import com.squareup.wire.schema.internal.parser.OneOfElement;
import com.squareup.wire.schema.internal.parser.OptionElement;
import com.squareup.wire.schema.internal.parser.ProtoFileElement;
import com.squareup.wire.schema.internal.parser.RpcElement;
import com.squareup.wire.schema.internal.parser.ServiceElement;
import com.squareup.wire.schema.internal.parser.TypeElement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A parsed {@code .proto} file as protobuf describes it. Names of types stay as they were written;
 * protobuf finds what they mean. Three things are written differently than they look: a map is a
 * repeated message of its own type, a proto3 {@code optional} field is alone in a oneof of its own,
 * a group is a field and a message.
 */
final class ProtoConversion {
  private static final Set<String> SCALARS =
      Set.of(
          "double",
          "float",
          "int32",
          "int64",
          "uint32",
          "uint64",
          "sint32",
          "sint64",
          "fixed32",
          "fixed64",
          "sfixed32",
          "sfixed64",
          "bool",
          "string",
          "bytes");
  private static final Set<String> NO_KEYS = Set.of("double", "float", "bytes");
  private static final int MAX_NUMBER = 536_870_911;
  private static final int FIRST_RESERVED = 19_000;
  private static final int LAST_RESERVED = 19_999;

  private final String path;
  private final ProtoFileElement source;
  private final boolean proto3;

  /** Something a {@code .proto} file may hold, but not here. */
  static final class Unsupported extends Exception {
    private static final long serialVersionUID = 1L;

    Unsupported(Object place, String fault) {
      super(place + ": " + fault, null, false, false);
    }
  }

  ProtoConversion(String path, ProtoFileElement source) {
    this.path = path;
    this.source = source;
    this.proto3 = "proto3".equals(syntax(source));
  }

  /** The paths of what a file imports; the public ones first. */
  static List<String> imports(ProtoFileElement source) {
    List<String> all = new ArrayList<>(source.getPublicImports());
    all.addAll(source.getImports());
    all.addAll(source.getWeakImports());
    return all.stream().distinct().toList();
  }

  private static String syntax(ProtoFileElement source) {
    return source.getSyntax() == null ? "proto2" : source.getSyntax().toString();
  }

  FileDescriptorProto file() throws Unsupported {
    String syntax = syntax(source);
    if (!proto3 && !syntax.equals("proto2")) {
      throw new Unsupported(source.getLocation(), syntax + " (expected: proto2 or proto3)");
    }
    FileDescriptorProto.Builder file =
        FileDescriptorProto.newBuilder().setName(path).addAllDependency(imports(source));
    for (int i = 0; i < source.getPublicImports().size(); i++) {
      file.addPublicDependency(i);
    }
    if (proto3) {
      file.setSyntax("proto3");
    }
    if (source.getPackageName() != null) {
      file.setPackage(source.getPackageName());
    }
    for (TypeElement type : source.getTypes()) {
      if (type instanceof MessageElement message) {
        file.addMessageType(message(message));
      } else if (type instanceof EnumElement enumeration) {
        file.addEnumType(enumeration(enumeration));
      }
    }
    source.getServices().forEach(service -> file.addService(service(service)));
    return file.build();
  }

  private DescriptorProto message(MessageElement source) throws Unsupported {
    DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(source.getName());
    for (TypeElement type : source.getNestedTypes()) {
      if (type instanceof MessageElement nested) {
        message.addNestedType(message(nested));
      } else if (type instanceof EnumElement enumeration) {
        message.addEnumType(enumeration(enumeration));
      }
    }
    for (FieldElement field : source.getFields()) {
      message.addField(field(message, field));
    }
    for (GroupElement group : source.getGroups()) {
      message.addField(group(message, group));
    }
    for (OneOfElement oneof : source.getOneOfs()) {
      oneof(message, oneof);
    }
    separateOptionals(message);
    return message.build();
  }

  private void oneof(DescriptorProto.Builder message, OneOfElement oneof) throws Unsupported {
    int index = message.getOneofDeclCount();
    message.addOneofDecl(OneofDescriptorProto.newBuilder().setName(oneof.getName()));
    for (FieldElement field : oneof.getFields()) {
      message.addField(field(message, field).setOneofIndex(index));
    }
    for (GroupElement group : oneof.getGroups()) {
      message.addField(group(message, group).setOneofIndex(index));
    }
  }

  /** After the real groups, as protobuf wants it. */
  private static void separateOptionals(DescriptorProto.Builder message) {
    for (FieldDescriptorProto.Builder field : message.getFieldBuilderList()) {
      if (field.getProto3Optional()) {
        field.setOneofIndex(message.getOneofDeclCount());
        message.addOneofDecl(OneofDescriptorProto.newBuilder().setName("_" + field.getName()));
      }
    }
  }

  private FieldDescriptorProto.Builder field(DescriptorProto.Builder message, FieldElement source)
      throws Unsupported {
    FieldDescriptorProto.Builder field =
        FieldDescriptorProto.newBuilder()
            .setName(source.getName())
            .setNumber(number(source.getLocation(), source.getTag()))
            .setLabel(label(source.getLabel()));
    if (source.getType().startsWith("map<")) {
      field.setLabel(Label.LABEL_REPEATED).setTypeName(entry(message, source));
    } else {
      type(field, source.getType());
      field.setProto3Optional(proto3 && source.getLabel() == Field.Label.OPTIONAL);
    }
    if (source.getJsonName() != null) {
      field.setJsonName(source.getJsonName());
    }
    if (source.getDefaultValue() != null) {
      field.setDefaultValue(source.getDefaultValue());
    }
    String packed = option(source.getOptions(), "packed");
    if (packed != null) {
      field.setOptions(FieldOptions.newBuilder().setPacked(packed.equals("true")));
    }
    return field;
  }

  private FieldDescriptorProto.Builder group(DescriptorProto.Builder message, GroupElement source)
      throws Unsupported {
    DescriptorProto.Builder body = DescriptorProto.newBuilder().setName(source.getName());
    for (FieldElement field : source.getFields()) {
      body.addField(field(body, field));
    }
    message.addNestedType(body);
    return FieldDescriptorProto.newBuilder()
        .setName(source.getName().toLowerCase(Locale.ROOT))
        .setNumber(number(source.getLocation(), source.getTag()))
        .setLabel(label(source.getLabel()))
        .setType(FieldDescriptorProto.Type.TYPE_GROUP)
        .setTypeName(source.getName());
  }

  /** Adds the type of the entries of a map, and returns its name. */
  private static String entry(DescriptorProto.Builder message, FieldElement map)
      throws Unsupported {
    String types = map.getType().substring("map<".length(), map.getType().length() - 1);
    int comma = types.indexOf(',');
    String key = types.substring(0, comma).strip();
    if (!SCALARS.contains(key) || NO_KEYS.contains(key)) {
      throw new Unsupported(
          map.getLocation(), "map key " + key + " (expected: integer, bool, string)");
    }
    String name = camelCase(map.getName()) + "Entry";
    message.addNestedType(
        DescriptorProto.newBuilder()
            .setName(name)
            .addField(type(part("key", 1), key))
            .addField(type(part("value", 2), types.substring(comma + 1).strip()))
            .setOptions(MessageOptions.newBuilder().setMapEntry(true)));
    return name;
  }

  private static FieldDescriptorProto.Builder part(String name, int number) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setLabel(Label.LABEL_OPTIONAL);
  }

  /** Anything that is no scalar is a name, of a message or an enum: protobuf finds out which. */
  private static FieldDescriptorProto.Builder type(
      FieldDescriptorProto.Builder field, String type) {
    return SCALARS.contains(type)
        ? field.setType(FieldDescriptorProto.Type.valueOf("TYPE_" + type.toUpperCase(Locale.ROOT)))
        : field.setTypeName(type);
  }

  private static Label label(Field.@Nullable Label label) {
    return label == Field.Label.REPEATED
        ? Label.LABEL_REPEATED
        : label == Field.Label.REQUIRED ? Label.LABEL_REQUIRED : Label.LABEL_OPTIONAL;
  }

  private static int number(Object place, int number) throws Unsupported {
    if (number < 1
        || number > MAX_NUMBER
        || (number >= FIRST_RESERVED && number <= LAST_RESERVED)) {
      throw new Unsupported(
          place,
          "number " + number + " (expected: 1 to " + MAX_NUMBER + ", without 19000 to 19999)");
    }
    return number;
  }

  private static EnumDescriptorProto enumeration(EnumElement source) {
    EnumDescriptorProto.Builder type = EnumDescriptorProto.newBuilder().setName(source.getName());
    for (EnumConstantElement constant : source.getConstants()) {
      type.addValue(
          EnumValueDescriptorProto.newBuilder()
              .setName(constant.getName())
              .setNumber(constant.getTag()));
    }
    if ("true".equals(option(source.getOptions(), "allow_alias"))) {
      type.setOptions(EnumOptions.newBuilder().setAllowAlias(true));
    }
    return type.build();
  }

  private static ServiceDescriptorProto service(ServiceElement source) {
    ServiceDescriptorProto.Builder service =
        ServiceDescriptorProto.newBuilder().setName(source.getName());
    for (RpcElement rpc : source.getRpcs()) {
      service.addMethod(
          MethodDescriptorProto.newBuilder()
              .setName(rpc.getName())
              .setInputType(rpc.getRequestType())
              .setOutputType(rpc.getResponseType())
              .setClientStreaming(rpc.getRequestStreaming())
              .setServerStreaming(rpc.getResponseStreaming()));
    }
    return service.build();
  }

  private static @Nullable String option(List<OptionElement> options, String name) {
    for (OptionElement option : options) {
      if (option.getName().equals(name) && !option.isParenthesized()) {
        return option.getValue().toString();
      }
    }
    return null;
  }

  private static String camelCase(String name) {
    StringBuilder camel = new StringBuilder();
    for (String part : name.split("_", -1)) {
      if (!part.isEmpty()) {
        camel.append(part.substring(0, 1).toUpperCase(Locale.ROOT)).append(part.substring(1));
      }
    }
    return camel.toString();
  }
}
