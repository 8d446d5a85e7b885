package io.trestle.conversations.codec;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Equality of records by content: equals of a record compares its byte arrays by identity. */
public final class SameContent {
  private SameContent() {}

  public static boolean of(@Nullable Object a, @Nullable Object b) {
    if (a instanceof byte[] left && b instanceof byte[] right) {
      return Arrays.equals(left, right);
    }
    if (a instanceof Record && b instanceof Record && a.getClass() == b.getClass()) {
      return records(a, b);
    }
    if (a instanceof List<?> left && b instanceof List<?> right) {
      return inOrder(left, right);
    }
    if (a instanceof Set<?> left && b instanceof Set<?> right) {
      return left.size() == right.size()
          && left.stream().allMatch(l -> right.stream().anyMatch(r -> of(l, r)));
    }
    if (a instanceof Map<?, ?> left && b instanceof Map<?, ?> right) {
      return maps(left, right);
    }
    if (a instanceof Optional<?> left && b instanceof Optional<?> right) {
      return of(left.orElse(null), right.orElse(null));
    }
    return a == null ? b == null : a.equals(b);
  }

  private static boolean inOrder(Collection<?> left, Collection<?> right) {
    Iterator<?> others = right.iterator();
    return left.size() == right.size() && left.stream().allMatch(l -> of(l, others.next()));
  }

  private static boolean maps(Map<?, ?> left, Map<?, ?> right) {
    return left.size() == right.size()
        && left.entrySet().stream()
            .allMatch(
                l ->
                    right.entrySet().stream()
                        .anyMatch(
                            r -> of(l.getKey(), r.getKey()) && of(l.getValue(), r.getValue())));
  }

  private static boolean records(Object a, Object b) {
    try {
      for (RecordComponent component : a.getClass().getRecordComponents()) {
        component.getAccessor().setAccessible(true);
        if (!of(component.getAccessor().invoke(a), component.getAccessor().invoke(b))) {
          return false;
        }
      }
      return true;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(a.getClass().getName(), e);
    }
  }
}
