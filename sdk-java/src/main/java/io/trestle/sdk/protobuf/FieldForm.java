package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A field as Java sees it: one value, a {@code List} or a {@code Map} of them.
 *
 * @param key of a map; null for everything else
 */
record FieldForm(FieldDescriptor field, @Nullable Element key, Element value) {

  /** Sets the field; null leaves it unset. */
  void write(Message.Builder to, @Nullable Object given, int depth) throws Misfit {
    if (given == null) {
      return;
    }
    try {
      if (key != null) {
        writeMap(to, key, given, depth);
      } else if (field.isRepeated()) {
        writeList(to, given, depth);
      } else {
        checkAlone(to);
        to.setField(field, value.toWire(to, given, depth));
      }
    } catch (Misfit e) {
      throw e.within(field.getJsonName());
    }
  }

  /** The field: null for what may be absent and is, the default for what else is unset. */
  @Nullable Object read(Message from, Budget budget) throws Misfit {
    try {
      if (key != null) {
        return readMap(from, key, budget);
      }
      if (field.isRepeated()) {
        return readList((List<?>) from.getField(field), budget);
      }
      return field.hasPresence() && !from.hasField(field)
          ? null
          : value.fromWire(from.getField(field), budget);
    } catch (Misfit e) {
      throw e.within(field.getJsonName());
    }
  }

  /** Protobuf would silently forget the other member of the group. */
  private void checkAlone(Message.Builder to) throws Misfit {
    OneofDescriptor group = field.getRealContainingOneof();
    FieldDescriptor other = group == null ? null : to.getOneofFieldDescriptor(group);
    if (group != null && other != null) {
      throw new Misfit(
          "set beside " + other.getJsonName() + " (expected: one of " + group.getName() + ")");
    }
  }

  private void writeList(Message.Builder to, Object given, int depth) throws Misfit {
    if (!(given instanceof Collection<?> elements)) {
      throw Misfit.of(given, "a list");
    }
    int index = 0;
    for (Object element : elements) {
      try {
        to.addRepeatedField(field, value.toWire(to, present(element), depth));
      } catch (Misfit e) {
        throw e.within("[" + index + "]");
      }
      index++;
    }
  }

  private void writeMap(Message.Builder to, Element keys, Object given, int depth) throws Misfit {
    if (!(given instanceof Map<?, ?> entries)) {
      throw Misfit.of(given, "a map");
    }
    for (Map.Entry<?, ?> entry : entries.entrySet()) {
      try {
        Message.Builder pair = to.newBuilderForField(field);
        pair.setField(entryField(1), keys.toWire(pair, present(entry.getKey()), depth));
        pair.setField(entryField(2), value.toWire(pair, present(entry.getValue()), depth));
        to.addRepeatedField(field, pair.buildPartial());
      } catch (Misfit e) {
        throw e.within("[" + entry.getKey() + "]");
      }
    }
  }

  private List<Object> readList(List<?> elements, Budget budget) throws Misfit {
    List<Object> all = new ArrayList<>(elements.size());
    for (Object element : elements) {
      all.add(value.fromWire(element, budget));
    }
    return Collections.unmodifiableList(all);
  }

  /** Of a key that is on the wire twice the last value counts. */
  private Map<Object, Object> readMap(Message from, Element keys, Budget budget) throws Misfit {
    Map<Object, Object> all = new LinkedHashMap<>();
    for (Object element : (List<?>) from.getField(field)) {
      Message entry = (Message) element;
      all.put(
          keys.fromWire(entry.getField(entryField(1)), budget),
          value.fromWire(entry.getField(entryField(2)), budget));
    }
    return Collections.unmodifiableMap(all);
  }

  private FieldDescriptor entryField(int number) {
    return field.getMessageType().findFieldByNumber(number);
  }

  private static Object present(@Nullable Object element) throws Misfit {
    if (element == null) {
      throw new Misfit("null (expected: a value)");
    }
    return element;
  }
}
