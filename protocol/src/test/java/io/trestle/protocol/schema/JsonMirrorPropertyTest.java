package io.trestle.protocol.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.AnyProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.DurationProto;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.FieldMask;
import com.google.protobuf.FieldMaskProto;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.StructProto;
import com.google.protobuf.Timestamp;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.Value;
import com.google.protobuf.WrappersProto;
import com.google.protobuf.util.JsonFormat;
import io.trestle.protocol.events.Json;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The mirror beside protobuf's own printer. */
class JsonMirrorPropertyTest {
  private static final Descriptor SCALARS =
      Shapes.of("p")
          .enumeration("Kind", 0, 1, 2)
          .message(
              "All",
              "1:double 2:float 3:int32 4:int64 5:uint32 6:uint64 7:sint32 8:sint64 9:fixed32"
                  + " 10:fixed64 11:sfixed32 12:sfixed64 13:bool 14:string 15:bytes 16:Kind 17:All"
                  + " 18:[All] 19:[Kind] 20:[float] 21:map<string,All> 22:map<uint64,bytes>"
                  + " 23:map<bool,Kind> 24:?int64 25:string@one 26:All@one 27:map<fixed32,double>")
          .get("All");

  @Property(tries = 400)
  void scalarsListsAndMaps_areShownAsProtobufShowsThem(@ForAll long seed) throws Exception {
    same(any(SCALARS, new Random(seed), 3));
  }

  /** Time stamps and the like, within their bounds; beyond them protobuf's printer fails. */
  @Property(tries = 200)
  void wellKnownTypes_areShownAsProtobufShowsThem(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    int nanos =
        switch (random.nextInt(4)) {
          case 0 -> 0;
          case 1 -> random.nextInt(1_000) * 1_000_000;
          case 2 -> random.nextInt(1_000_000) * 1_000;
          default -> random.nextInt(1_000_000_000);
        };
    long seconds = random.nextLong(-62_135_596_800L, 253_402_300_800L);
    Value list =
        Value.newBuilder()
            .setListValue(
                com.google.protobuf.ListValue.newBuilder()
                    .addValues(Value.newBuilder().setNumberValue(random.nextInt()))
                    .addValues(Value.newBuilder().setBoolValue(true))
                    .addValues(Value.newBuilder().setNullValueValue(0)))
            .build();
    Descriptor holder = holder();
    DynamicMessage.Builder message = DynamicMessage.newBuilder(holder);
    put(message, "Timestamp", Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos).build());
    put(
        message,
        "Duration",
        Duration.newBuilder()
            .setSeconds(random.nextBoolean() ? -random.nextInt(99) : 0)
            .setNanos(-nanos)
            .build());
    put(
        message,
        "Struct",
        Struct.newBuilder()
            .putFields("a", list)
            .putFields("b", Value.newBuilder().setStringValue("é<").build())
            .build());
    put(message, "Value", list);
    put(message, "FieldMask", FieldMask.newBuilder().addPaths("a_b.c_d").addPaths("e").build());
    for (FieldDescriptor field : holder.getFields()) {
      if (field.getName().startsWith("wrapped")) {
        message.setField(field, any(field.getMessageType(), random, 1));
      }
    }

    same(message.build());
    same(DynamicMessage.parseFrom(holder, message.build().toByteArray()));
  }

  @Test
  void impossibleTimes_andForeignTypes_areShownAsTheirFields() throws Exception {
    assertThat(JsonMirror.of(Timestamp.newBuilder().setNanos(-1).build()))
        .isEqualTo("{\"nanos\":-1}");
    assertThat(JsonMirror.of(Duration.newBuilder().setSeconds(Long.MIN_VALUE).build()))
        .isEqualTo("{\"seconds\":\"-9223372036854775808\"}");
    Descriptor impostor =
        Shapes.of("google.protobuf").message("Timestamp", "1:string").get("Timestamp");
    assertThat(
            JsonMirror.of(
                DynamicMessage.newBuilder(impostor)
                    .setField(impostor.getFields().get(0), "now")
                    .build()))
        .isEqualTo("{\"f1\":\"now\"}");
  }

  private static void same(Message message) throws Exception {
    String expected = JsonFormat.printer().omittingInsignificantWhitespace().print(message);
    assertThat(Json.parseStrictly(JsonMirror.of(message))).isEqualTo(Json.parseStrictly(expected));
  }

  private static Descriptor holder() throws DescriptorValidationException {
    DescriptorProto.Builder holder = DescriptorProto.newBuilder().setName("Holder");
    List<String> types =
        List.of(
            "Timestamp",
            "Duration",
            "Struct",
            "Value",
            "FieldMask",
            "BoolValue",
            "StringValue",
            "BytesValue",
            "FloatValue",
            "DoubleValue",
            "Int32Value",
            "UInt32Value",
            "Int64Value",
            "UInt64Value");
    for (int i = 0; i < types.size(); i++) {
      holder.addField(
          FieldDescriptorProto.newBuilder()
              .setName((i < 5 ? "the" : "wrapped") + types.get(i))
              .setNumber(i + 1)
              .setLabel(Label.LABEL_OPTIONAL)
              .setTypeName(".google.protobuf." + types.get(i)));
    }
    FileDescriptor[] imports = {
      AnyProto.getDescriptor(),
      DurationProto.getDescriptor(),
      FieldMaskProto.getDescriptor(),
      StructProto.getDescriptor(),
      TimestampProto.getDescriptor(),
      WrappersProto.getDescriptor()
    };
    FileDescriptorProto.Builder file =
        FileDescriptorProto.newBuilder().setName("holder.proto").setSyntax("proto3");
    for (FileDescriptor imported : imports) {
      file.addDependency(imported.getName());
    }
    return FileDescriptor.buildFrom(file.addMessageType(holder).build(), imports)
        .getMessageTypes()
        .get(0);
  }

  private static void put(DynamicMessage.Builder message, String type, Message value)
      throws InvalidProtocolBufferException {
    FieldDescriptor field = message.getDescriptorForType().findFieldByName("the" + type);
    message.setField(field, DynamicMessage.parseFrom(field.getMessageType(), value.toByteArray()));
  }

  private static Message any(Descriptor type, Random random, int depth) {
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    for (FieldDescriptor field : type.getFields()) {
      boolean nested = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      if (random.nextInt(3) == 0 || (nested && depth == 0)) {
        continue;
      }
      if (field.isMapField()) {
        message.addRepeatedField(field, any(field.getMessageType(), random, depth - 1));
      } else if (field.isRepeated()) {
        message.addRepeatedField(field, value(field, random, depth));
        message.addRepeatedField(field, value(field, random, depth));
      } else {
        message.setField(field, value(field, random, depth));
      }
    }
    return message.build();
  }

  private static Object value(FieldDescriptor field, Random random, int depth) {
    return switch (field.getJavaType()) {
      case INT -> random.nextInt(3) == 0 ? 0 : random.nextInt();
      case LONG -> random.nextInt(3) == 0 ? 0L : random.nextLong();
      case FLOAT -> random.nextInt(5) == 0 ? Float.NEGATIVE_INFINITY : random.nextFloat();
      case DOUBLE -> random.nextInt(5) == 0 ? Double.NaN : random.nextDouble() * 1e300;
      case BOOLEAN -> random.nextBoolean();
      case STRING -> random.nextBoolean() ? "" : "é\"<\n" + random.nextInt();
      case BYTE_STRING -> ByteString.copyFromUtf8("bytes" + random.nextInt(9));
      case ENUM -> field.getEnumType().findValueByNumberCreatingIfUnknown(random.nextInt(5));
      case MESSAGE -> any(field.getMessageType(), random, depth - 1);
    };
  }
}
