package io.trestle.protocol.policy;

import io.trestle.protocol.events.EventName;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.events.PatternTrie;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The rules of one action on events: names in a set, patterns with wildcards in a tree. */
final class PatternList {
  static final PatternList OPEN = new PatternList(true);

  private final boolean open;
  private final Set<String> names = new HashSet<>();
  private final List<EventPattern> patterns = new ArrayList<>();
  private final PatternTrie<EventPattern> wildcards = new PatternTrie<>();

  private PatternList(boolean open) {
    this.open = open;
  }

  static PatternList of(Collection<Rule> rules) {
    if (rules.isEmpty()) {
      return OPEN;
    }
    PatternList list = new PatternList(false);
    rules.stream()
        .filter(rule -> rule.problem() == null)
        .forEach(rule -> list.add(EventPattern.parse(rule.target())));
    return list;
  }

  private void add(EventPattern pattern) {
    patterns.add(pattern);
    if (EventName.isValid(pattern.text())) {
      names.add(pattern.text());
    } else {
      wildcards.add(pattern, pattern);
    }
  }

  /** Whether a pattern matches the name. */
  boolean allows(String name) {
    return open || names.contains(name) || !wildcards.match(name).isEmpty();
  }

  /** Whether one pattern contains the other. */
  boolean covers(EventPattern other) {
    return open || patterns.stream().anyMatch(pattern -> pattern.contains(other));
  }

  boolean isOpen() {
    return open;
  }
}
