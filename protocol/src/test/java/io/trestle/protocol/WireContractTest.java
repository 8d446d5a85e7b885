package io.trestle.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.trestle.protocol.v1.BootstrapOuterClass;
import io.trestle.protocol.v1.CallOuterClass;
import io.trestle.protocol.v1.ControlOuterClass;
import io.trestle.protocol.v1.EventsOuterClass;
import io.trestle.protocol.v1.InvokeOuterClass;
import io.trestle.protocol.v1.JobsOuterClass;
import io.trestle.protocol.v1.RegistryOuterClass;
import io.trestle.protocol.v1.TelemetryOuterClass;
import io.trestle.protocol.v1.Ui;
import io.trestle.protocol.v1.Welcome;
import io.trestle.protocol.v1.WorkflowsOuterClass;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The generated code against the table of the specification, item by item. */
class WireContractTest {
  private static final String PREFIX = "servicebridge.v1.";
  private static final List<FileDescriptor> FILES =
      List.of(
          BootstrapOuterClass.getDescriptor(),
          CallOuterClass.getDescriptor(),
          ControlOuterClass.getDescriptor(),
          EventsOuterClass.getDescriptor(),
          InvokeOuterClass.getDescriptor(),
          JobsOuterClass.getDescriptor(),
          RegistryOuterClass.getDescriptor(),
          TelemetryOuterClass.getDescriptor(),
          Ui.getDescriptor(),
          WorkflowsOuterClass.getDescriptor());

  @Test
  void descriptors_everyElement_equalsTheTable() throws Exception {
    Map<String, Set<String>> actual = new TreeMap<>();
    for (FileDescriptor file : FILES) {
      String name = file.getName().replaceAll(".*/|\\.proto", "");
      file.getMessageTypes().forEach(m -> actual.put(name + " message " + m.getName(), lines(m)));
      file.getEnumTypes().forEach(e -> actual.put(name + " enum " + e.getName(), lines(e)));
      file.getServices().forEach(s -> actual.put(name + " service " + s.getName(), lines(s)));
    }
    assertThat(actual).isEqualTo(table());
  }

  @Test
  void files_packageSyntaxAndImports_asAgreed() {
    for (FileDescriptor file : FILES) {
      assertThat(file.getPackage()).isEqualTo("servicebridge.v1");
      assertThat(file.toProto().getSyntax()).isEqualTo("proto3");
      assertThat(file.getDependencies())
          .extracting(FileDescriptor::getName)
          .isEqualTo(imports(file));
      assertThat(file.getExtensions()).isEmpty();
    }
  }

  /** An official runtime or SDK skips what it does not know; it must not take it for its own. */
  @Test
  void fields_ofOurs_areNumberedFrom1001() {
    List<String> ours = new ArrayList<>();
    for (FileDescriptor file : FILES) {
      for (Descriptor message : file.getMessageTypes()) {
        message.getFields().stream()
            .filter(field -> field.getNumber() > 1000)
            .forEach(field -> ours.add(message.getName() + '.' + line(field)));
      }
    }
    assertThat(ours)
        .containsExactlyInAnyOrder(
            "Welcome.1001 repeated string features",
            "Nack.1001 int64 retry_after_ms",
            "Nack.1002 bool reject",
            "EventSubscription.1001 string retry_policy_json",
            "EventSubscription.1002 string group",
            "EventSubscription.1003 int64 ttl_ms");
  }

  /** As an official SDK reads it: by messages that end before our numbers. */
  @Test
  void fields_ofOurs_areSkippedByWhoDoesNotKnowThem() throws Exception {
    Welcome ours =
        Welcome.newBuilder()
            .setSessionId("s")
            .setProtocolVersion(1)
            .addFeatures("event.group")
            .addFeatures("event.ttl")
            .build();
    DescriptorProto.Builder theirs = Welcome.getDescriptor().toProto().toBuilder();
    List<FieldDescriptorProto> fields = List.copyOf(theirs.getFieldList());
    theirs.clearField().addAllField(fields.stream().filter(f -> f.getNumber() <= 1000).toList());
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder().setSyntax("proto3").addMessageType(theirs).build();
    Descriptor known =
        FileDescriptor.buildFrom(file, new FileDescriptor[0]).getMessageTypes().get(0);

    DynamicMessage read = DynamicMessage.parseFrom(known, ours.toByteArray());

    assertThat(read.getAllFields().values()).containsExactly("s", 1);
  }

  @Test
  void messages_nestedTypes_areMapEntriesOnly() {
    for (FileDescriptor file : FILES) {
      for (Descriptor message : file.getMessageTypes()) {
        assertThat(message.getEnumTypes()).isEmpty();
        assertThat(message.getNestedTypes()).allMatch(n -> n.getOptions().getMapEntry());
      }
    }
  }

  @Test
  void methods_catalogue_equalsTheServices() {
    List<String> served = new ArrayList<>();
    for (FileDescriptor file : FILES) {
      for (ServiceDescriptor service : file.getServices()) {
        for (MethodDescriptor method : service.getMethods()) {
          served.add(describe(method));
        }
      }
    }
    assertThat(Methods.ALL)
        .hasSize(34)
        .extracting(method -> describe(method))
        .hasSameElementsAs(served);
    assertThat(Methods.byPath("/servicebridge.v1.Control/Open")).contains(Methods.OPEN);
    assertThat(Methods.byPath("/servicebridge.v1.Control/Close")).isEmpty();
  }

  private static String describe(RpcMethod<?, ?> method) {
    return method.path()
        + ' '
        + method.kind()
        + ' '
        + defaultType(method.request())
        + ' '
        + defaultType(method.response());
  }

  private static String describe(MethodDescriptor method) {
    RpcMethod.Kind kind =
        method.isClientStreaming()
            ? RpcMethod.Kind.BIDIRECTIONAL
            : method.isServerStreaming() ? RpcMethod.Kind.SERVER_STREAM : RpcMethod.Kind.UNARY;
    return '/'
        + method.getService().getFullName()
        + '/'
        + method.getName()
        + ' '
        + kind
        + ' '
        + method.getInputType().getFullName()
        + ' '
        + method.getOutputType().getFullName();
  }

  private static String defaultType(Parser<? extends Message> parser) {
    try {
      return parser.parseFrom(new byte[0]).getDescriptorForType().getFullName();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> imports(FileDescriptor file) {
    return switch (file.getName()) {
      case "servicebridge/v1/registry.proto" -> List.of("servicebridge/v1/workflows.proto");
      case "servicebridge/v1/workflows.proto" -> List.of("google/protobuf/empty.proto");
      default -> List.of();
    };
  }

  private static Set<String> lines(Descriptor message) {
    Set<String> lines = new TreeSet<>();
    for (FieldDescriptor field : message.getFields()) {
      lines.add(line(field));
    }
    DescriptorProto proto = message.toProto();
    proto.getReservedNameList().forEach(name -> lines.add("reserved " + name));
    for (DescriptorProto.ReservedRange range : proto.getReservedRangeList()) {
      for (int number = range.getStart(); number < range.getEnd(); number++) {
        lines.add("reserved " + number);
      }
    }
    return lines;
  }

  private static Set<String> lines(EnumDescriptor type) {
    assertThat(type.toProto().getReservedRangeList()).isEmpty();
    Set<String> lines = new TreeSet<>();
    type.getValues().forEach(value -> lines.add(value.getNumber() + " " + value.getName()));
    return lines;
  }

  private static Set<String> lines(ServiceDescriptor service) {
    Set<String> lines = new TreeSet<>();
    for (MethodDescriptor method : service.getMethods()) {
      lines.add(
          method.getName()
              + '('
              + (method.isClientStreaming() ? "stream " : "")
              + simple(method.getInputType())
              + ") -> "
              + (method.isServerStreaming() ? "stream " : "")
              + simple(method.getOutputType()));
    }
    return lines;
  }

  private static String line(FieldDescriptor field) {
    OneofDescriptor oneof = field.getRealContainingOneof();
    if (field.isRepeated() && field.isPackable()) {
      assertThat(field.isPacked()).as(field.getFullName()).isTrue();
    }
    return field.getNumber()
        + " "
        + (field.isRepeated() && !field.isMapField() ? "repeated " : "")
        + (field.toProto().getProto3Optional() ? "optional " : "")
        + type(field)
        + ' '
        + field.getName()
        + (oneof == null ? "" : " in " + oneof.getName());
  }

  private static String type(FieldDescriptor field) {
    if (field.isMapField()) {
      Descriptor entry = field.getMessageType();
      return "map<"
          + type(entry.findFieldByNumber(1))
          + ','
          + type(entry.findFieldByNumber(2))
          + '>';
    }
    return switch (field.getType()) {
      case MESSAGE -> simple(field.getMessageType());
      case ENUM -> simple(field.getEnumType());
      default ->
          field.getType().toProto().name().substring("TYPE_".length()).toLowerCase(Locale.ROOT);
    };
  }

  private static String simple(GenericDescriptor type) {
    String name = type.getFullName();
    return name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
  }

  private static Map<String, Set<String>> table() throws IOException {
    Map<String, Set<String>> table = new TreeMap<>();
    String file = "";
    Set<String> element = Set.of();
    for (String line : resource().lines().toList()) {
      if (line.startsWith("file ")) {
        file = line.substring("file ".length());
      } else if (line.startsWith("  ")) {
        assertThat(element.add(line.strip())).as("twice in the table: %s", line).isTrue();
      } else if (!line.isEmpty() && !line.startsWith("#")) {
        element = new TreeSet<>();
        assertThat(table.put(file + ' ' + line, element)).as(line).isNull();
      }
    }
    return table;
  }

  private static String resource() throws IOException {
    try (InputStream in = WireContractTest.class.getResourceAsStream("servicebridge-v1.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
