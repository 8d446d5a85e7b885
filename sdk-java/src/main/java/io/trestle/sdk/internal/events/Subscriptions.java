package io.trestle.sdk.internal.events;

import io.trestle.sdk.ValidationException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The subscriptions by pattern, in the order of declaration. Any thread. */
public final class Subscriptions {
  private final Map<String, Subscription<?>> byPattern = new LinkedHashMap<>();

  /**
   * Adds one.
   *
   * @throws ValidationException if its pattern has a handler already
   */
  public synchronized void add(Subscription<?> subscription) {
    if (byPattern.putIfAbsent(subscription.pattern(), subscription) != null) {
      throw new ValidationException(
          "pattern: " + subscription.pattern() + " has a handler already");
    }
  }

  /** Whether there is none. */
  public synchronized boolean isEmpty() {
    return byPattern.isEmpty();
  }

  /** All of them. */
  public synchronized Collection<Subscription<?>> all() {
    return List.copyOf(byPattern.values());
  }

  /** Those of the patterns that are here, in that order, each once. */
  synchronized List<Subscription<?>> of(List<String> patterns) {
    List<Subscription<?>> found = new ArrayList<>(1);
    for (String pattern : patterns) {
      Subscription<?> subscription = byPattern.get(pattern);
      if (subscription != null && !found.contains(subscription)) {
        found.add(subscription);
      }
    }
    return found;
  }
}
