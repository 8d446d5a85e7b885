package io.trestle.conversations.codec;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The values of one record class: its components in order, nothing between them. A record without
 * components is a single zero, so that no value is free and no list can lie about its size.
 */
final class RecordShape implements ValueCodec {
  private static final MethodType ACCESSOR = MethodType.methodType(Object.class, Object.class);
  private static final MethodType CONSTRUCTOR = MethodType.methodType(Object.class, Object[].class);

  private final Class<?> type;
  private final MethodHandle constructor;
  private final MethodHandle[] accessors;
  private List<Slot> slots = List.of();

  RecordShape(Class<?> type) {
    this.type = type;
    RecordComponent[] components = type.getRecordComponents();
    try {
      MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      constructor =
          lookup
              .findConstructor(type, MethodType.methodType(void.class, types))
              .asSpreader(Object[].class, types.length)
              .asType(CONSTRUCTOR);
      accessors = new MethodHandle[components.length];
      for (int i = 0; i < components.length; i++) {
        accessors[i] = lookup.unreflect(components[i].getAccessor()).asType(ACCESSOR);
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(type.getName() + ": not open to its codec", e);
    }
  }

  /** Known only after the constructor: a record may hold records of its own class. */
  void slots(List<Slot> slots) {
    this.slots = List.copyOf(slots);
  }

  @Override
  public void write(ByteWriter out, Object value) {
    out.enter();
    if (slots.isEmpty()) {
      out.u8(0);
    }
    for (int i = 0; i < accessors.length; i++) {
      slots.get(i).write(out, component(i, value));
    }
    out.leave();
  }

  @Override
  public Object read(ByteReader in) {
    in.enter();
    if (slots.isEmpty() && in.u8("0 for an empty record") != 0) {
      throw in.wrong("a value", "0 for an empty record");
    }
    @Nullable Object[] values = new @Nullable Object[slots.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = slots.get(i).read(in);
    }
    in.leave();
    return construct(in, values);
  }

  private @Nullable Object component(int index, Object value) {
    try {
      return (@Nullable Object) accessors[index].invokeExact(value);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new CodecException(slots.get(index).name() + ": accessor failed: " + e, e);
    }
  }

  /** A constructor may have rules of its own; bytes that break them are not its byte form. */
  private Object construct(ByteReader in, @Nullable Object[] values) {
    try {
      return (Object) constructor.invokeExact(values);
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      String found = "values that " + type.getName() + " refuses: " + e.getMessage();
      throw in.wrong(found, "values that it accepts");
    }
  }
}
