package io.trestle.conversations.codec;

import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.AnnotatedWildcardType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;

/**
 * Walks the declarations of a record, builds the codec of every type on the way, and refuses what
 * may not travel. While it walks it writes the shape down as text; the checksum of that text goes
 * with every message, so that two processes with different declarations find out at once.
 */
final class ShapeBuilder {
  private static final Map<Class<?>, ValueCodec> SCALARS = Scalars.all();
  private static final String EXPECTED =
      " (expected: primitives and their boxes, String, byte[], UUID, Instant, Duration, enums,"
          + " Optional, List, Set, Map, records, and sealed interfaces of records)";

  private final Map<Class<?>, ValueCodec> known = new HashMap<>();
  private final StringBuilder description = new StringBuilder();

  /** The codec of a record class or of a sealed interface of records. */
  ValueCodec root(Class<?> type) {
    if (!type.isRecord() && !type.isSealed()) {
      throw refused(type.getName(), "neither a record nor a sealed interface of records");
    }
    return ofClass(type, type.getName());
  }

  int fingerprint() {
    CRC32 checksum = new CRC32();
    checksum.update(description.toString().getBytes(StandardCharsets.UTF_8));
    return (int) checksum.getValue();
  }

  private Slot slot(AnnotatedType type, String where) {
    boolean nullable = isNullable(type);
    description.append(nullable ? "?" : "");
    return new Slot(where, codec(type, where), nullable);
  }

  private static boolean isNullable(AnnotatedType type) {
    return Arrays.stream(type.getAnnotations())
        .anyMatch(a -> a.annotationType().getSimpleName().equals("Nullable"));
  }

  private ValueCodec codec(AnnotatedType type, String where) {
    if (type instanceof AnnotatedWildcardType wildcard) {
      return codec(wildcard.getAnnotatedUpperBounds()[0], where);
    }
    if (type instanceof AnnotatedParameterizedType generic) {
      return ofGeneric(generic, where);
    }
    if (type.getType() instanceof Class<?> plain) {
      return ofClass(plain, where);
    }
    throw mayNotTravel(type, where);
  }

  private ValueCodec ofGeneric(AnnotatedParameterizedType type, String where) {
    ParameterizedType declared = (ParameterizedType) type.getType();
    AnnotatedType[] arguments = type.getAnnotatedActualTypeArguments();
    Class<?> raw = (Class<?>) declared.getRawType();
    description.append(raw.getSimpleName()).append('<');
    ValueCodec codec;
    if (raw == List.class) {
      codec = new Containers.OfList(slot(arguments[0], where + " element"));
    } else if (raw == Set.class) {
      codec = new Containers.OfSet(keySlot(arguments[0], where + " element"));
    } else if (raw == Map.class) {
      Slot key = keySlot(arguments[0], where + " key");
      codec = new Containers.OfMap(key, slot(arguments[1], where + " value"));
    } else if (raw == Optional.class) {
      codec = new Containers.OfOptional(codec(arguments[0], where));
    } else {
      throw mayNotTravel(type, where);
    }
    description.append('>');
    return codec;
  }

  /** Byte arrays are compared by identity, so what was one key would be another after a journey. */
  private Slot keySlot(AnnotatedType type, String where) {
    if (type.getType() == byte[].class) {
      throw refused(where, "byte[] may not be told apart by equals");
    }
    return slot(type, where);
  }

  private ValueCodec ofClass(Class<?> type, String where) {
    description.append(type.getName()).append(';');
    ValueCodec scalar = SCALARS.get(type);
    if (scalar != null) {
      return scalar;
    }
    ValueCodec built = known.get(type);
    if (built != null) {
      return built;
    }
    if (type.isEnum()) {
      return ofEnum(type);
    }
    if (type.isRecord() && type.getTypeParameters().length == 0) {
      return ofRecord(type);
    }
    if (type.isSealed() && type.isInterface()) {
      return ofSealed(type, where);
    }
    throw refused(where, type.getTypeName() + " may not travel" + EXPECTED);
  }

  private ValueCodec ofEnum(Class<?> type) {
    EnumCodec codec = new EnumCodec(type);
    description.append(codec.constants());
    known.put(type, codec);
    return codec;
  }

  private ValueCodec ofRecord(Class<?> type) {
    RecordShape shape = new RecordShape(type);
    known.put(type, shape);
    description.append('(');
    List<Slot> slots = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      description.append(component.getName()).append(' ');
      String where = type.getName() + "." + component.getName();
      slots.add(slot(component.getAnnotatedType(), where));
    }
    description.append(')');
    shape.slots(slots);
    return shape;
  }

  private ValueCodec ofSealed(Class<?> type, String where) {
    ChoiceCodec choice = new ChoiceCodec(type);
    known.put(type, choice);
    Set<Class<?>> permitted = new TreeSet<>(Comparator.comparing(Class::getName));
    collect(type, permitted);
    description.append('{');
    for (Class<?> each : permitted) {
      choice.add(each, ofClass(each, where));
    }
    description.append('}');
    return choice;
  }

  /** Sealed interfaces below the sealed interface are only names for some of its classes. */
  private static void collect(Class<?> type, Set<Class<?>> permitted) {
    for (Class<?> each : type.getPermittedSubclasses()) {
      if (each.isSealed() && each.isInterface()) {
        collect(each, permitted);
      } else {
        permitted.add(each);
      }
    }
  }

  private static IllegalArgumentException mayNotTravel(AnnotatedType type, String where) {
    return refused(where, type.getType().getTypeName() + " may not travel" + EXPECTED);
  }

  private static IllegalArgumentException refused(String where, String reason) {
    return new IllegalArgumentException(where + ": " + reason);
  }
}
