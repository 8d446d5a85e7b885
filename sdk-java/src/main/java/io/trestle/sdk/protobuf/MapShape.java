package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A message as a map: keys are the JSON names of its fields; on writing the names of the {@code
 * .proto} will do, too. What may be absent and is has no key; lists, maps and plain scalars always
 * have one.
 */
final class MapShape implements Shape {
  private final Descriptor message;
  private final Map<String, FieldForm> members = new LinkedHashMap<>();
  private final Map<String, FieldForm> byName = new HashMap<>();

  MapShape(Descriptor message) {
    this.message = message;
    for (FieldDescriptor field : message.getFields()) {
      FieldForm form = form(field);
      String name = field.getJsonName();
      members.put(members.containsKey(name) ? field.getName() : name, form);
    }
    byName.putAll(members);
    members.values().forEach(form -> byName.putIfAbsent(form.field().getName(), form));
  }

  @Override
  public void write(Object value, Message.Builder to, int depth) throws Misfit {
    if (!(value instanceof Map<?, ?> given)) {
      throw Misfit.of(value, "a map, for " + message.getFullName());
    }
    for (Map.Entry<?, ?> member : given.entrySet()) {
      FieldForm form = byName.get(String.valueOf(member.getKey()));
      if (form == null) {
        String names = String.join(", ", members.keySet());
        throw new Misfit("no such field (expected: " + names + ")").within("" + member.getKey());
      }
      form.write(to, member.getValue(), depth);
    }
  }

  @Override
  public Object read(Message from, Budget budget) throws Misfit {
    budget.take(members.size());
    Map<String, Object> read = new LinkedHashMap<>();
    for (Map.Entry<String, FieldForm> member : members.entrySet()) {
      Object value = member.getValue().read(from, budget);
      if (value != null) {
        read.put(member.getKey(), value);
      }
    }
    return read;
  }

  private static FieldForm form(FieldDescriptor field) {
    if (field.isMapField()) {
      Descriptor entry = field.getMessageType();
      return new FieldForm(
          field,
          new Element.Scalar(entry.findFieldByNumber(1)),
          element(entry.findFieldByNumber(2)));
    }
    return new FieldForm(field, null, element(field));
  }

  static Element element(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
        ? new Element.Nested(field, new Once(field.getMessageType()))
        : new Element.Scalar(field);
  }

  /** The shape of a nested message, made when it is needed. Twice, if two threads need it first. */
  private static final class Once implements Supplier<Shape> {
    private final Descriptor message;
    private volatile @Nullable Shape shape;

    Once(Descriptor message) {
      this.message = message;
    }

    @Override
    public Shape get() {
      Shape known = shape;
      if (known == null) {
        known = new MapShape(message);
        shape = known;
      }
      return known;
    }
  }
}
