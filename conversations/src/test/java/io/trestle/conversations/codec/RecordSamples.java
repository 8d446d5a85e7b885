package io.trestle.conversations.codec;

import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.AnnotatedWildcardType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes random values of any record that may travel, from its declaration alone. A record whose
 * constructor refuses what chance offers needs an entry in {@link #SPECIAL}.
 */
public final class RecordSamples {
  /** Values for records with rules that chance does not meet: class to a maker. */
  private static final Map<Class<?>, Function<RecordSamples, Object>> SPECIAL = Map.of();

  private static final List<String> TEXTS =
      List.of(
          "", "a", "orders", "orders.created", "host:14445", "grüße €", "𝄞", "\ud800", "\u0000");
  private static final long[] NUMBERS = {0, 1, -1, 63, 64, 127, 128, 300, 1_700_000_000_000L};
  private static final int ATTEMPTS = 500;
  private static final int DEEP = 4;

  private final Random random;
  private int depth;

  public RecordSamples(long seed) {
    random = new Random(seed);
  }

  /** A value of that record class or sealed interface. */
  public <T> T sample(Class<T> type) {
    return type.cast(ofClass(type));
  }

  private Object ofClass(Class<?> type) {
    Object scalar = scalar(type);
    if (scalar != null) {
      return scalar;
    }
    if (type.isEnum()) {
      return any(List.of(type.getEnumConstants()));
    }
    if (type.isSealed()) {
      return ofClass(any(List.of(type.getPermittedSubclasses())));
    }
    if (!type.isRecord()) {
      throw new AssertionError("no sample of " + type.getName());
    }
    Function<RecordSamples, Object> special = SPECIAL.get(type);
    return special == null ? ofRecord(type) : special.apply(this);
  }

  private Object ofRecord(Class<?> type) {
    Throwable last = null;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        return construct(type);
      } catch (InvocationTargetException e) {
        last = e.getCause();
      } catch (ReflectiveOperationException e) {
        throw new LinkageError(type.getName(), e);
      }
    }
    throw new AssertionError(
        type.getName() + " refuses all random values; add it to RecordSamples.SPECIAL", last);
  }

  private Object construct(Class<?> type) throws ReflectiveOperationException {
    depth++;
    try {
      RecordComponent[] components = type.getRecordComponents();
      @Nullable Object[] values = new @Nullable Object[components.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = value(components[i].getAnnotatedType());
      }
      var types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      var constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } finally {
      depth--;
    }
  }

  private @Nullable Object value(AnnotatedType type) {
    boolean nullable =
        Arrays.stream(type.getAnnotations())
            .anyMatch(a -> a.annotationType().getSimpleName().equals("Nullable"));
    if (nullable && (depth > DEEP || random.nextInt(3) == 0)) {
      return null;
    }
    if (type instanceof AnnotatedWildcardType wildcard) {
      return value(wildcard.getAnnotatedUpperBounds()[0]);
    }
    return type instanceof AnnotatedParameterizedType generic
        ? container(generic)
        : ofClass((Class<?>) type.getType());
  }

  private Object container(AnnotatedParameterizedType type) {
    Object raw = ((ParameterizedType) type.getType()).getRawType();
    AnnotatedType[] arguments = type.getAnnotatedActualTypeArguments();
    int size = depth > DEEP ? 0 : random.nextInt(4);
    if (raw == Optional.class) {
      return Optional.ofNullable(size == 0 ? null : value(arguments[0]));
    }
    List<@Nullable Object> list = new ArrayList<>();
    Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < size; i++) {
      @Nullable Object first = value(arguments[0]);
      list.add(first);
      map.put(first, raw == Map.class ? value(arguments[1]) : null);
    }
    return raw == Map.class ? map : raw == Set.class ? new LinkedHashSet<>(list) : list;
  }

  private @Nullable Object scalar(Class<?> type) {
    long number =
        random.nextBoolean() ? NUMBERS[random.nextInt(NUMBERS.length)] : random.nextLong();
    if (type == String.class) {
      return any(TEXTS);
    } else if (type == byte[].class) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      return bytes;
    } else if (type == UUID.class) {
      return new UUID(random.nextLong(), random.nextLong());
    } else if (type == Instant.class) {
      return random.nextInt(9) == 0 ? Instant.MAX : Instant.ofEpochMilli(number >> 8);
    } else if (type == Duration.class) {
      return Duration.ofSeconds(number, random.nextInt(1_000_000_000));
    }
    return primitive(type, number);
  }

  private @Nullable Object primitive(Class<?> type, long number) {
    if (type == long.class || type == Long.class) {
      return number;
    } else if (type == int.class || type == Integer.class) {
      return (int) number;
    } else if (type == short.class || type == Short.class) {
      return (short) number;
    } else if (type == byte.class || type == Byte.class) {
      return (byte) number;
    } else if (type == char.class || type == Character.class) {
      return (char) number;
    } else if (type == boolean.class || type == Boolean.class) {
      return number % 2 == 0;
    } else if (type == double.class || type == Double.class) {
      return number / 3.0;
    }
    return type == float.class || type == Float.class ? number / 3.0f : null;
  }

  private <E> E any(List<E> values) {
    return values.get(random.nextInt(values.size()));
  }
}
