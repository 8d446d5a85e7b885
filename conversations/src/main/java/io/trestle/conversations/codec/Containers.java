package io.trestle.conversations.codec;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Collections and Optional; what is read is unmodifiable and keeps the order of the sender. */
final class Containers {
  private Containers() {}

  record OfList(Slot element) implements ValueCodec {
    @Override
    public void write(ByteWriter out, Object value) {
      writeAll(out, element, (List<?>) value);
    }

    @Override
    public Object read(ByteReader in) {
      List<@Nullable Object> list = new ArrayList<>();
      for (int left = in.count("a size of a list"); left > 0; left--) {
        list.add(element.read(in));
      }
      return Collections.unmodifiableList(list);
    }
  }

  record OfSet(Slot element) implements ValueCodec {
    @Override
    public void write(ByteWriter out, Object value) {
      writeAll(out, element, (Set<?>) value);
    }

    @Override
    public Object read(ByteReader in) {
      Set<@Nullable Object> set = new LinkedHashSet<>();
      for (int left = in.count("a size of a set"); left > 0; left--) {
        if (!set.add(element.read(in))) {
          throw in.wrong("an element twice", "distinct elements");
        }
      }
      return Collections.unmodifiableSet(set);
    }
  }

  record OfMap(Slot key, Slot value) implements ValueCodec {
    @Override
    public void write(ByteWriter out, Object map) {
      Map<?, ?> entries = (Map<?, ?>) map;
      out.unsigned(entries.size());
      entries.forEach(
          (k, v) -> {
            key.write(out, k);
            value.write(out, v);
          });
    }

    @Override
    public Object read(ByteReader in) {
      Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
      for (int left = in.count("a size of a map"); left > 0; left--) {
        @Nullable Object k = key.read(in);
        if (map.containsKey(k)) {
          throw in.wrong("a key twice", "distinct keys");
        }
        map.put(k, value.read(in));
      }
      return Collections.unmodifiableMap(map);
    }
  }

  record OfOptional(ValueCodec content) implements ValueCodec {
    @Override
    public void write(ByteWriter out, Object value) {
      Optional<?> optional = (Optional<?>) value;
      out.u8(optional.isPresent() ? 1 : 0);
      optional.ifPresent(present -> content.write(out, present));
    }

    @Override
    public Object read(ByteReader in) {
      return Scalars.flag(in, "0 for empty or 1")
          ? Optional.of(content.read(in))
          : Optional.empty();
    }
  }

  private static void writeAll(ByteWriter out, Slot element, Collection<?> values) {
    out.unsigned(values.size());
    values.forEach(value -> element.write(out, value));
  }
}
