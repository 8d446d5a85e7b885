package io.trestle.protocol.events;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A path into a JSON value: {@code $} and then any of {@code .name}, {@code [n]}, {@code [*]},
 * {@code ['any key']}. Steps are those of workflow expressions, except that what is not there is
 * always "missing" and never an error: {@code [*]} makes the current list a <em>fan</em>, a name
 * after it maps over the elements (no flattening of lists in lists), an index after it picks one of
 * them and ends the fan.
 */
record JsonPath(List<Step> steps) {
  static final int MAX_STEPS = 16;

  sealed interface Step {}

  record Member(String name) implements Step {}

  record Index(int index) implements Step {}

  enum Every implements Step {
    ELEMENT
  }

  /** What a path finds: one value, or with {@code fan} the list of values of {@code [*]}. */
  record Found(Object value, boolean fan) {
    List<?> elements() {
      return fan && value instanceof List<?> list ? list : List.of(value);
    }
  }

  JsonPath {
    steps = List.copyOf(steps);
  }

  /** The path of that text; a FilterException names the text and the position where it ends. */
  static JsonPath parse(String text) {
    return new JsonPathParser(text).parse();
  }

  /** The path of member names from the root, one step for each. */
  static JsonPath ofNames(List<String> names) {
    return new JsonPath(names.stream().<Step>map(Member::new).toList());
  }

  Found find(Object root) {
    Found found = new Found(root, false);
    for (Step step : steps) {
      found = follow(found, step);
    }
    return found;
  }

  private static Found follow(Found found, Step step) {
    if (step instanceof Member member) {
      return found.fan()
          ? new Found(members(found.elements(), member.name()), true)
          : new Found(member(found.value(), member.name()), false);
    }
    if (!(found.value() instanceof List<?> list)) {
      return new Found(Json.Nothing.MISSING, false);
    }
    if (step instanceof Index index) {
      boolean there = index.index() < list.size();
      return new Found(there ? list.get(index.index()) : Json.Nothing.MISSING, false);
    }
    return new Found(list, true);
  }

  private static List<Object> members(List<?> elements, String name) {
    List<Object> members = new ArrayList<>(elements.size());
    elements.forEach(element -> members.add(member(element, name)));
    return members;
  }

  private static Object member(Object value, String name) {
    Object member = value instanceof Map<?, ?> object ? object.get(name) : null;
    return member == null ? Json.Nothing.MISSING : member;
  }
}
