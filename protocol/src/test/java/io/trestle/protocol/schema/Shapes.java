package io.trestle.protocol.schema;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumOptions;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Messages in the notation of rpc.md 7.4: {@code 1:string 2:[Item] 3:map<string,Money> 4:?int32
 * 5:!bool 7:string@group}; {@code ?} is proto3 {@code optional}, {@code !} required, {@code @} the
 * membership in a oneof group. Fields are named after their numbers, with a prefix.
 */
final class Shapes {
  private static final List<String> SCALARS =
      List.of(
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

  private final FileDescriptorProto.Builder file;
  private final String prefix;

  private Shapes(String packageName, String syntax, String prefix) {
    this.file =
        FileDescriptorProto.newBuilder()
            .setName(packageName + ".proto")
            .setPackage(packageName)
            .setSyntax(syntax);
    this.prefix = prefix;
  }

  static Shapes of(String packageName) {
    return named(packageName, "f");
  }

  static Shapes named(String packageName, String prefix) {
    return new Shapes(packageName, "proto3", prefix);
  }

  static Shapes proto2(String packageName) {
    return new Shapes(packageName, "proto2", "f");
  }

  Shapes enumeration(String name, int... numbers) {
    EnumDescriptorProto.Builder type =
        EnumDescriptorProto.newBuilder()
            .setName(name)
            .setOptions(EnumOptions.newBuilder().setAllowAlias(true));
    for (int i = 0; i < numbers.length; i++) {
      type.addValue(EnumValueDescriptorProto.newBuilder().setName(name + i).setNumber(numbers[i]));
    }
    file.addEnumType(type);
    return this;
  }

  Shapes message(String name, String fields) {
    DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(name);
    for (String field : fields.isEmpty() ? new String[0] : fields.split(" ", -1)) {
      add(message, field);
    }
    for (int i = 0; i < message.getFieldCount(); i++) {
      if (message.getField(i).getProto3Optional()) {
        message.getFieldBuilder(i).setOneofIndex(message.getOneofDeclCount());
        message.addOneofDecl(OneofDescriptorProto.newBuilder().setName("_optional" + i));
      }
    }
    file.addMessageType(message);
    return this;
  }

  FileDescriptor build() {
    try {
      return FileDescriptor.buildFrom(file.build(), new FileDescriptor[0]);
    } catch (DescriptorValidationException e) {
      throw new IllegalArgumentException(e);
    }
  }

  Descriptor get(String name) {
    return Objects.requireNonNull(build().findMessageTypeByName(name));
  }

  /** One message, alone in its package. */
  static Descriptor single(String packageName, String fields) {
    return of(packageName).message("Single", fields).get("Single");
  }

  private void add(DescriptorProto.Builder message, String text) {
    int colon = text.indexOf(':');
    String number = text.substring(0, colon);
    String type = text.substring(colon + 1);
    FieldDescriptorProto.Builder field =
        FieldDescriptorProto.newBuilder()
            .setName(prefix + number)
            .setNumber(Integer.parseInt(number))
            .setLabel(Label.LABEL_OPTIONAL);
    int group = type.indexOf('@');
    if (group >= 0) {
      field.setOneofIndex(oneof(message, type.substring(group + 1)));
      type = type.substring(0, group);
    }
    if (type.startsWith("[")) {
      field.setLabel(Label.LABEL_REPEATED);
      type = type.substring(1, type.length() - 1);
    } else if (type.startsWith("?")) {
      field.setProto3Optional(true);
      type = type.substring(1);
    } else if (type.startsWith("!")) {
      field.setLabel(Label.LABEL_REQUIRED);
      type = type.substring(1);
    } else if (type.startsWith("map<")) {
      field.setLabel(Label.LABEL_REPEATED);
      type = entry(message, number, type.substring(4, type.length() - 1).split(",", -1));
    }
    message.addField(typed(field, type));
  }

  private static int oneof(DescriptorProto.Builder message, String name) {
    for (int i = 0; i < message.getOneofDeclCount(); i++) {
      if (message.getOneofDecl(i).getName().equals(name)) {
        return i;
      }
    }
    message.addOneofDecl(OneofDescriptorProto.newBuilder().setName(name));
    return message.getOneofDeclCount() - 1;
  }

  private String entry(DescriptorProto.Builder message, String number, String[] types) {
    String name = prefix.toUpperCase(Locale.ROOT) + number + "Entry";
    DescriptorProto.Builder entry =
        DescriptorProto.newBuilder()
            .setName(name)
            .setOptions(MessageOptions.newBuilder().setMapEntry(true));
    for (int i = 0; i < types.length; i++) {
      FieldDescriptorProto.Builder field =
          FieldDescriptorProto.newBuilder()
              .setName(i == 0 ? "key" : "value")
              .setNumber(i + 1)
              .setLabel(Label.LABEL_OPTIONAL);
      entry.addField(typed(field, types[i]));
    }
    message.addNestedType(entry);
    return name;
  }

  private static FieldDescriptorProto typed(FieldDescriptorProto.Builder field, String type) {
    return SCALARS.contains(type)
        ? field
            .setType(FieldDescriptorProto.Type.valueOf("TYPE_" + type.toUpperCase(Locale.ROOT)))
            .build()
        : field.setTypeName(type).build();
  }
}
