package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A message as a record. Components without a field do not exist: {@link RecordShapes} has seen to
 * that. Fields without a component are left unset on writing and skipped on reading.
 */
final class RecordShape implements Shape {
  private final Class<?> type;
  private final Descriptor message;
  private @Nullable Constructor<?> constructor;
  private List<Component> components = List.of();

  /**
   * A component.
   *
   * @param optional whether it is an {@code Optional}
   */
  record Component(Method accessor, FieldForm form, boolean optional) {}

  /** A shape that is not complete yet: messages may hold themselves. */
  RecordShape(Class<?> type, Descriptor message) {
    this.type = type;
    this.message = message;
  }

  void complete(Constructor<?> canonical, List<Component> inOrder) {
    constructor = canonical;
    components = List.copyOf(inOrder);
  }

  @Override
  public void write(Object value, Message.Builder to, int depth) throws Misfit {
    if (!type.isInstance(value)) {
      throw Misfit.of(value, type.getSimpleName());
    }
    for (Component component : components) {
      Object member = member(component, value);
      component.form.write(
          to, member instanceof Optional<?> optional ? optional.orElse(null) : member, depth);
    }
  }

  @Override
  public Object read(Message from, Budget budget) throws Misfit {
    budget.take(components.size());
    @Nullable Object[] members = new Object[components.size()];
    for (int i = 0; i < members.length; i++) {
      Component component = components.get(i);
      Object member = component.form.read(from, budget);
      members[i] = component.optional ? Optional.ofNullable(member) : member;
    }
    Constructor<?> canonical = constructor;
    if (canonical == null) {
      throw new IllegalStateException("the shape of " + message.getFullName() + " is incomplete");
    }
    try {
      return canonical.newInstance(members);
    } catch (InvocationTargetException e) { // the record does not accept its members
      throw new Misfit(type.getSimpleName() + ": " + e.getTargetException().getMessage());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " was accessible before", e);
    }
  }

  private static @Nullable Object member(Component component, Object value) throws Misfit {
    try {
      return component.accessor.invoke(value);
    } catch (InvocationTargetException e) {
      String text = String.valueOf(e.getTargetException().getMessage());
      throw new Misfit(text).within(component.accessor.getName());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(component.accessor + " was accessible before", e);
    }
  }
}
