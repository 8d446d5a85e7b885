package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.trestle.sdk.ConfigurationException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Fits records to messages, once, when a method is declared: every fault that the types can show is
 * found here and not by the first call.
 *
 * <p>A component belongs to the field of its name, by JSON name or by the name in the {@code
 * .proto}. Its type follows from the field (rpc.md 7.2): {@code int}; {@code long} for 64 bits and
 * for unsigned 32; {@code float}, {@code double}, {@code boolean}, {@code String}, {@code byte[]};
 * an enum whose constants are among the values, or {@code String}; a record, or {@code Map<String,
 * Object>}, for a message; {@code Instant} and {@code Duration} for {@code google.protobuf}'s
 * {@code Timestamp} and {@code Duration}; {@code List} and {@code Map} of these. What may be absent
 * ({@code optional}, members of a oneof, messages) is an {@code Optional} or null, so a primitive
 * will not do there.
 */
final class RecordShapes {
  private record Key(Class<?> type, Descriptor message) {}

  private final Map<Key, RecordShape> shapes = new HashMap<>();

  private RecordShapes() {}

  /**
   * The shape of a record.
   *
   * @throws ConfigurationException if the record does not fit, naming the component
   */
  static Shape of(Class<?> type, Descriptor message) {
    if (!type.isRecord()) {
      throw new ConfigurationException(
          "serde: "
              + type.getName()
              + ": not a record (expected: a record, for "
              + message.getFullName()
              + ")");
    }
    return new RecordShapes().shape(type, message);
  }

  private RecordShape shape(Class<?> type, Descriptor message) {
    Key key = new Key(type, message);
    RecordShape known = shapes.get(key);
    if (known != null) {
      return known;
    }
    RecordShape shape = new RecordShape(type, message);
    shapes.put(key, shape);
    List<RecordShape.Component> components = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      components.add(component(component, message));
    }
    checkRequired(type, message, components);
    shape.complete(constructor(type), components);
    return shape;
  }

  private RecordShape.Component component(RecordComponent component, Descriptor message) {
    FieldDescriptor field = field(component, message);
    Type type = component.getGenericType();
    List<Type> optional = arguments(type, Optional.class);
    if (optional != null && !field.hasPresence()) {
      throw unfit(component, field, "a type that is always there");
    }
    if (field.hasPresence() && !field.isRequired() && component.getType().isPrimitive()) {
      throw unfit(component, field, "a type that may be null, or Optional");
    }
    FieldForm form = form(component, field, optional == null ? type : optional.get(0));
    return new RecordShape.Component(accessible(component.getAccessor()), form, optional != null);
  }

  private static FieldDescriptor field(RecordComponent component, Descriptor message) {
    String name = component.getName();
    for (FieldDescriptor field : message.getFields()) {
      if (field.getJsonName().equals(name) || field.getName().equals(name)) {
        return field;
      }
    }
    String names =
        message.getFields().stream()
            .map(FieldDescriptor::getJsonName)
            .collect(Collectors.joining(", "));
    throw new ConfigurationException(
        "serde: "
            + place(component)
            + ": no such field in "
            + message.getFullName()
            + " (expected: one of "
            + names
            + ")");
  }

  private FieldForm form(RecordComponent component, FieldDescriptor field, Type type) {
    if (field.isMapField()) {
      FieldDescriptor key = field.getMessageType().findFieldByNumber(1);
      FieldDescriptor value = field.getMessageType().findFieldByNumber(2);
      List<Type> types = arguments(type, Map.class);
      if (types == null || !types.get(0).equals(Scalars.javaType(key))) {
        String keys = Scalars.javaType(key).getSimpleName();
        throw unfit(component, field, "Map<" + keys + ", ...>");
      }
      return new FieldForm(field, new Element.Scalar(key), element(component, value, types.get(1)));
    }
    if (field.isRepeated()) {
      List<Type> types = arguments(type, List.class);
      if (types == null) {
        throw unfit(component, field, "List<...>");
      }
      return new FieldForm(field, null, element(component, field, types.get(0)));
    }
    return new FieldForm(field, null, element(component, field, type));
  }

  private Element element(RecordComponent component, FieldDescriptor field, Type type) {
    return switch (field.getJavaType()) {
      case MESSAGE -> nested(component, field, type);
      case ENUM -> constant(component, field, type);
      default -> scalar(component, field, type);
    };
  }

  private Element nested(RecordComponent component, FieldDescriptor field, Type type) {
    Descriptor message = field.getMessageType();
    Element time = Element.Time.of(field, type);
    if (time != null) {
      return time;
    }
    if (type instanceof Class<?> nested && nested.isRecord()) {
      RecordShape shape = shape(nested, message);
      return new Element.Nested(field, () -> shape);
    }
    List<Type> types = arguments(type, Map.class);
    if (types != null && types.equals(List.of(String.class, Object.class))) {
      return MapShape.element(field);
    }
    throw unfit(component, field, "a record or Map<String, Object>, for " + message.getFullName());
  }

  private static Element constant(RecordComponent component, FieldDescriptor field, Type type) {
    if (type == String.class) {
      return new Element.Scalar(field);
    }
    EnumDescriptor values = field.getEnumType();
    if (!(type instanceof Class<?> constants) || !constants.isEnum()) {
      throw unfit(component, field, "an enum or String, for " + values.getFullName());
    }
    for (Object constant : constants.getEnumConstants()) {
      if (values.findValueByName(((Enum<?>) constant).name()) == null) {
        throw unfit(component, field, "no constant " + constant + ", for " + values.getFullName());
      }
    }
    return Element.Constant.of(field, constants);
  }

  private static Element scalar(RecordComponent component, FieldDescriptor field, Type type) {
    Class<?> expected = Scalars.javaType(field);
    if (!type.equals(expected) && !(type instanceof Class<?> c && boxed(c) == expected)) {
      throw unfit(component, field, expected.getSimpleName());
    }
    return new Element.Scalar(field);
  }

  private static Class<?> boxed(Class<?> type) {
    return java.lang.invoke.MethodType.methodType(type).wrap().returnType();
  }

  private static void checkRequired(
      Class<?> type, Descriptor message, List<RecordShape.Component> components) {
    for (FieldDescriptor field : message.getFields()) {
      if (field.isRequired()
          && components.stream().noneMatch(component -> component.form().field() == field)) {
        throw new ConfigurationException(
            "serde: "
                + type.getName()
                + ": no component "
                + field.getJsonName()
                + " (expected: it is required in "
                + message.getFullName()
                + ")");
      }
    }
  }

  /** The arguments of a type, if it is of a class; null otherwise. */
  private static @Nullable List<Type> arguments(Type type, Class<?> of) {
    return type instanceof ParameterizedType parameterized && parameterized.getRawType() == of
        ? Arrays.asList(parameterized.getActualTypeArguments())
        : null;
  }

  private static Constructor<?> constructor(Class<?> type) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<?> canonical = type.getDeclaredConstructor(types);
      canonical.setAccessible(true);
      return canonical;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("every record has a canonical constructor", e);
    } catch (InaccessibleObjectException e) {
      throw closed(type, e);
    }
  }

  private static Method accessible(Method accessor) {
    try {
      accessor.setAccessible(true);
      return accessor;
    } catch (InaccessibleObjectException e) {
      throw closed(accessor.getDeclaringClass(), e);
    }
  }

  private static ConfigurationException closed(Class<?> type, Exception cause) {
    String text = "serde: " + type.getName() + ": its module does not open its package";
    return new ConfigurationException(
        text + " (expected: opens " + type.getPackageName() + ")", cause);
  }

  private static ConfigurationException unfit(
      RecordComponent component, FieldDescriptor field, String expected) {
    return new ConfigurationException(
        "serde: "
            + place(component)
            + ": "
            + component.getGenericType().getTypeName()
            + " (expected: "
            + expected
            + ", for field "
            + field.getFullName()
            + ")");
  }

  private static String place(RecordComponent component) {
    return component.getDeclaringRecord().getName() + "." + component.getName();
  }
}
