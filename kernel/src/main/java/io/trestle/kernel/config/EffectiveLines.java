package io.trestle.kernel.config;

import io.trestle.kernel.database.Dsn;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes a config record as lines for people, with its secrets masked. */
final class EffectiveLines {
  private EffectiveLines() {}

  static void of(String path, Record config, List<String> lines) {
    for (RecordComponent component : config.getClass().getRecordComponents()) {
      String key = path + "." + RecordMapper.keyOf(component);
      Object value = read(component, config);
      if (value instanceof Record nested) {
        of(key, nested, lines);
      } else if (value != null) {
        lines.add(key + ": " + shown(component.getAnnotation(Secret.class), value));
      }
    }
  }

  private static String shown(@Nullable Secret secret, Object value) {
    String text =
        value instanceof Enum<?> constant
            ? constant.name().toLowerCase(Locale.ROOT)
            : value.toString();
    if (secret == null) {
      return text;
    }
    return secret.dsn() ? Dsn.mask(text) : "****";
  }

  private static @Nullable Object read(RecordComponent component, Record config) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(config);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component + ": cannot be read", e);
    }
  }
}
