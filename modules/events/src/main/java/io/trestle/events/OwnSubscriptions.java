package io.trestle.events;

import io.trestle.events.core.Match;
import io.trestle.events.core.Subscription;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All subscriptions that one consumer ever had, and which of them an event was stored for. */
final class OwnSubscriptions {
  private final Map<Integer, Subscription> byNumber = new HashMap<>();
  private final Map<Match, Match> matches = new HashMap<>();
  private Integer[] numbers = {};

  void learn(Subscription subscription) {
    byNumber.put(subscription.number(), subscription);
    numbers = byNumber.keySet().stream().sorted().toArray(Integer[]::new);
    matches.clear();
  }

  /** Ascending. */
  Integer[] numbers() {
    return numbers;
  }

  List<Subscription> all() {
    return new ArrayList<>(byNumber.values());
  }

  @Nullable Subscription find(String pattern, String filter) {
    for (Subscription s : byNumber.values()) {
      if (s.pattern().equals(pattern) && s.filter().equals(filter)) {
        return s;
      }
    }
    return null;
  }

  /** What of this consumer matched; null when nothing did. Equal ones are the same object. */
  @Nullable Match match(Logged event) {
    int[] own = new int[event.matched().length];
    int count = 0;
    for (int number : event.matched()) {
      if (byNumber.containsKey(number)) {
        own[count++] = number;
      }
    }
    if (count == 0) {
      return null;
    }
    Match match = Match.of(Arrays.copyOf(own, count));
    Match known = matches.putIfAbsent(match, match);
    return known == null ? match : known;
  }
}
