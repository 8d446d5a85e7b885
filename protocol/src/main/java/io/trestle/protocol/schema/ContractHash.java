package io.trestle.protocol.schema;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The identity of a contract (rpc.md 7.3): two ends may talk to each other exactly if their hashes
 * are equal.
 *
 * <p>The hash covers what decides how bytes are read, and nothing else: field numbers, types and
 * cardinalities, the groups of oneof members, the numbers of enum values, and the full names of the
 * messages and enums that fields refer to. It does not cover names of fields and enum values,
 * comments, the order of declarations, packing, defaults, and the name of the root message itself.
 * So renaming a field keeps old callers; changing its type starts a new version beside the old one.
 *
 * <p>It is a digest over a canonical text, because descriptors themselves have many equal forms:
 *
 * <pre>{@code
 * "v2:" + hex(SHA-256(canonical(input) + ":" + canonical(output)))
 * }</pre>
 *
 * <p>The text is JSON without white space, keys in order: {@code f} lists the fields by number,
 * {@code o} the oneof groups by their first number, {@code r} everything reachable from the fields,
 * by full name. {@code r} is flat: what a field refers to is named there and written out once, at
 * the top. That is what makes cycles end (a name is claimed before its fields are looked at), and
 * it keeps the text as long as the schema, where writing types out at each use would double it with
 * every level of a diamond. A queue instead of recursion lets schemas be as deep as they like.
 *
 * <p>Three traps, each held by a vector: the group that stands behind a proto3 {@code optional}
 * field is no oneof; a map is neither repeated nor a message, its entry type never appears; two
 * names of one enum value count once.
 */
public final class ContractHash {
  private static final String VERSION = "v2:";
  private static final String EMPTY_MESSAGE = "{\"f\":[]}";

  private final Map<String, String> reachable = new TreeMap<>();
  private final Deque<GenericDescriptor> pending = new ArrayDeque<>();

  private ContractHash() {}

  /** The hash of a method: {@code v2:} and 64 hexadecimal digits. */
  public static String of(Descriptor input, Descriptor output) {
    return hash(canonical(input), canonical(output));
  }

  /** The hash of an event, which has no reply. */
  public static String ofEvent(Descriptor payload) {
    return hash(canonical(payload), EMPTY_MESSAGE);
  }

  /** The text that stands for a message in the hash. */
  public static String canonical(Descriptor message) {
    ContractHash walk = new ContractHash();
    String body = walk.body(message);
    String types = walk.types();
    return types.isEmpty() ? "{" + body + "}" : "{" + body + ",\"r\":{" + types + "}}";
  }

  private static String hash(String input, String output) {
    byte[] text = (input + ":" + output).getBytes(StandardCharsets.UTF_8);
    try {
      return VERSION + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private String types() {
    for (GenericDescriptor next = pending.poll(); next != null; next = pending.poll()) {
      String text =
          next instanceof Descriptor message
              ? "{" + body(message) + "}"
              : "{\"e\":[" + numbers((EnumDescriptor) next) + "]}";
      reachable.put(reference(next), text);
    }
    return reachable.entrySet().stream()
        .map(type -> '"' + type.getKey() + "\":" + type.getValue())
        .collect(Collectors.joining(","));
  }

  private String body(Descriptor message) {
    String fields =
        message.getFields().stream()
            .sorted(Comparator.comparingInt(FieldDescriptor::getNumber))
            .map(this::field)
            .collect(Collectors.joining(",", "\"f\":[", "]"));
    String groups =
        message.getRealOneofs().stream()
            .map(ContractHash::numbers)
            .sorted(Comparator.comparingInt(numbers -> numbers[0]))
            .map(numbers -> "{\"f\":[" + list(IntStream.of(numbers)) + "]}")
            .collect(Collectors.joining(","));
    return groups.isEmpty() ? fields : fields + ",\"o\":[" + groups + "]";
  }

  private String field(FieldDescriptor field) {
    String key = "";
    FieldDescriptor value = field;
    if (field.isMapField()) {
      key = "\"k\":\"" + keyword(entry(field, 1)) + "\",";
      value = entry(field, 2);
    }
    return "{\"c\":\""
        + cardinality(field)
        + "\","
        + key
        + "\"n\":"
        + field.getNumber()
        + ",\"t\":\""
        + type(value)
        + "\"}";
  }

  private static FieldDescriptor entry(FieldDescriptor map, int number) {
    return map.getMessageType().findFieldByNumber(number);
  }

  private static String cardinality(FieldDescriptor field) {
    if (field.isMapField()) {
      return "map";
    }
    if (field.isRepeated()) {
      return "rep";
    }
    return field.isRequired() ? "req" : "opt";
  }

  private String type(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE -> "m:" + claim(field.getMessageType());
      case ENUM -> "e:" + claim(field.getEnumType());
      default -> keyword(field);
    };
  }

  private static String keyword(FieldDescriptor scalar) {
    return scalar.getType().name().toLowerCase(Locale.ROOT);
  }

  private String claim(GenericDescriptor type) {
    String reference = reference(type);
    if (reachable.putIfAbsent(reference, "") == null) {
      pending.add(type);
    }
    return reference;
  }

  private static String reference(GenericDescriptor type) {
    return "." + type.getFullName();
  }

  private static int[] numbers(OneofDescriptor group) {
    return group.getFields().stream().mapToInt(FieldDescriptor::getNumber).sorted().toArray();
  }

  private static String numbers(EnumDescriptor type) {
    Stream<EnumValueDescriptor> values = type.getValues().stream();
    return list(values.mapToInt(EnumValueDescriptor::getNumber).distinct().sorted());
  }

  private static String list(IntStream numbers) {
    return numbers.mapToObj(Integer::toString).collect(Collectors.joining(","));
  }
}
