package io.trestle.kernel.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Maps a YAML tree onto a record, strictly: every key must be a component, every value of its type
 * and within its bounds. Keys are the component names in snake case. Components may be texts,
 * booleans, whole numbers, enums (lower case), lists, maps with text keys, and records. What a
 * record itself refuses, by an {@link IllegalArgumentException} of its constructor, becomes a
 * {@link ConfigurationException} too; such a message begins with the key below the record.
 */
public final class RecordMapper {
  private final Sources sources;

  private RecordMapper(Sources sources) {
    this.sources = sources;
  }

  /** Says where the value of a dotted key came from: the file, a variable or a flag. */
  interface Sources {
    String of(String key);
  }

  /**
   * Maps a tree onto a record.
   *
   * @param sources names the file or variable in errors
   * @param path dotted path of the tree, empty for the whole file
   * @throws ConfigurationException naming the key and what is allowed
   */
  static <R extends Record> R map(JsonNode tree, Class<R> type, String path, Sources sources) {
    return new RecordMapper(sources).record(tree, type, path);
  }

  /** Maps YAML text onto a record; for tests of config records. */
  public static <R extends Record> R map(String yaml, Class<R> type, String source) {
    return map(YamlFile.parse(yaml, source), type, "", key -> source);
  }

  private <R extends Record> R record(JsonNode tree, Class<R> type, String path) {
    if (!tree.isNull() && !(tree instanceof ObjectNode)) {
      throw wrong(path, kindOf(tree), "a map of keys");
    }
    RecordComponent[] components = type.getRecordComponents();
    refuseUnknown(tree, components, path);
    Object[] arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      String key = keyOf(components[i]);
      arguments[i] = component(components[i], tree.get(key), below(path, key));
    }
    return construct(type, components, arguments, path);
  }

  private void refuseUnknown(JsonNode tree, RecordComponent[] components, String path) {
    Set<String> known =
        Arrays.stream(components)
            .map(RecordMapper::keyOf)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    for (Iterator<String> names = tree.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        throw wrong(below(path, name), "unknown key", Suggestion.among(name, known));
      }
    }
  }

  private @Nullable Object component(
      RecordComponent component, @Nullable JsonNode given, String path) {
    Default fallback = component.getAnnotation(Default.class);
    if (given == null || given.isNull()) {
      return fallback == null
          ? whenMissing(component, path)
          : value(component.getGenericType(), YamlFile.value(fallback.value()), path, component);
    }
    return value(component.getGenericType(), given, path, component);
  }

  private @Nullable Object whenMissing(RecordComponent component, String path) {
    Class<?> type = component.getType();
    if (type == List.class) {
      return List.of();
    }
    if (type == Map.class) {
      return Map.of();
    }
    if (type.isRecord()) {
      return record(YamlFile.value(""), type.asSubclass(Record.class), path);
    }
    if (component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
      return null;
    }
    throw wrong(path, "missing", expected(type, component));
  }

  private Object value(Type type, JsonNode node, String path, RecordComponent component) {
    if (type instanceof ParameterizedType parameterized) {
      Type[] arguments = parameterized.getActualTypeArguments();
      return parameterized.getRawType() == List.class
          ? list(arguments[0], node, path, component)
          : namedValues(arguments[1], node, path, component);
    }
    Class<?> plain = MethodType.methodType((Class<?>) type).unwrap().returnType();
    return plain.isRecord()
        ? record(node, plain.asSubclass(Record.class), path)
        : scalar(plain, node, path, component);
  }

  private List<Object> list(Type element, JsonNode node, String path, RecordComponent component) {
    if (!(node instanceof ArrayNode)) {
      throw wrong(path, found(node, component), "a list");
    }
    List<Object> values = new ArrayList<>();
    for (JsonNode item : node) {
      values.add(value(element, item, path + "[" + values.size() + "]", component));
    }
    return List.copyOf(values);
  }

  private Map<String, Object> namedValues(
      Type element, JsonNode node, String path, RecordComponent component) {
    if (!(node instanceof ObjectNode)) {
      throw wrong(path, found(node, component), "a map of keys");
    }
    Map<String, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String name = entry.getKey();
      values.put(name, value(element, entry.getValue(), below(path, name), component));
    }
    return Collections.unmodifiableMap(values);
  }

  private Object scalar(Class<?> type, JsonNode node, String path, RecordComponent component) {
    if (type == String.class && node.isTextual()) {
      return node.textValue();
    }
    if (type == boolean.class && node.isBoolean()) {
      return node.booleanValue();
    }
    if (type.isEnum() && node.isTextual()) {
      for (Object constant : type.getEnumConstants()) {
        if (text(constant).equals(node.textValue())) {
          return constant;
        }
      }
    }
    if (isNumber(type) && node.isIntegralNumber() && inRange(type, node, component)) {
      return type == int.class ? (Object) node.intValue() : (Object) node.longValue();
    }
    throw wrong(path, found(node, component), expected(type, component));
  }

  private static boolean isNumber(Class<?> type) {
    return type == int.class || type == long.class;
  }

  private static boolean inRange(Class<?> type, JsonNode node, RecordComponent component) {
    boolean fits = type == int.class ? node.canConvertToInt() : node.canConvertToLong();
    Range range = component.getAnnotation(Range.class);
    return fits
        && (range == null || (node.longValue() >= range.min() && node.longValue() <= range.max()));
  }

  private <R extends Record> R construct(
      Class<R> type, RecordComponent[] components, Object[] arguments, String path) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Constructor<R> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw refusedByRecord(path, String.valueOf(refused.getMessage()));
      }
      throw new IllegalStateException(type.getName() + ": its constructor failed", e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type.getName() + ": cannot be made", e);
    }
  }

  private ConfigurationException refusedByRecord(String path, String message) {
    int colon = message.indexOf(": ");
    if (colon < 0) {
      return new ConfigurationException(sources.of(path), path, message);
    }
    String key = below(path, message.substring(0, colon));
    return new ConfigurationException(sources.of(key), key, message.substring(colon + 2));
  }

  private ConfigurationException wrong(String path, String found, String expected) {
    return new ConfigurationException(
        sources.of(path), path, "%s (expected: %s)".formatted(found, expected));
  }

  private static String found(JsonNode node, RecordComponent component) {
    if (node.isContainerNode() || node.isNull()) {
      return kindOf(node);
    }
    if (component.isAnnotationPresent(Secret.class)) {
      return "a value that is not shown";
    }
    String text = node.asText();
    return text.length() > 80 ? text.substring(0, 80) + "..." : text;
  }

  /** What a node is, in words. */
  static String kindOf(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT -> "a map";
      case NULL, MISSING -> "nothing";
      case BOOLEAN -> "a boolean";
      case NUMBER -> "a number";
      default -> "a text";
    };
  }

  private static String expected(Class<?> type, RecordComponent component) {
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(RecordMapper::text)
          .collect(Collectors.joining(" or "));
    }
    if (isNumber(type)) {
      Range range = component.getAnnotation(Range.class);
      return range == null ? "a whole number" : range.min() + " to " + range.max();
    }
    return type == boolean.class
        ? "true or false"
        : "a text, in quotes when it looks like a number";
  }

  private static String text(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
  }

  /** Key of a component: {@code allowUnsafe} is {@code allow_unsafe}. */
  static String keyOf(RecordComponent component) {
    return component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  private static String below(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
