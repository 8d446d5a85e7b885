package io.trestle.protocol.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class PatternTrieTest {
  private static final EventPattern A_ANY = EventPattern.parse("a.#");
  private static final EventPattern A_B = EventPattern.parse("a.b");

  @Test
  void match_severalPatternsAndValues_reportsEachPairOnce() {
    PatternTrie<String> trie = new PatternTrie<>();
    assertThat(trie.add(A_ANY, "one")).isTrue();
    assertThat(trie.add(A_ANY, "two")).isTrue();
    assertThat(trie.add(A_B, "one")).isTrue();
    assertThat(trie.add(A_B, "one")).isFalse();
    assertThat(trie.size()).isEqualTo(3);
    List<String> pairs = new ArrayList<>();
    trie.match("a.b", (pattern, value) -> pairs.add(pattern + "=" + value));
    assertThat(pairs).containsExactlyInAnyOrder("a.#=one", "a.#=two", "a.b=one");
    assertThat(trie.match("a")).containsExactly("one", "two");
  }

  @Test
  void remove_lastValue_leavesAnEmptyTree() {
    PatternTrie<String> trie = new PatternTrie<>();
    trie.add(A_ANY, "one");
    trie.add(A_B, "two");
    assertThat(trie.remove(A_B, "one")).isFalse();
    assertThat(trie.remove(EventPattern.parse("a.b.c"), "one")).isFalse();
    assertThat(trie.remove(EventPattern.parse("a"), "one")).isFalse();
    assertThat(trie.remove(A_B, "two")).isTrue();
    assertThat(trie.match("a.b")).containsExactly("one");
    assertThat(trie.nodes()).isEqualTo(3);
    assertThat(trie.remove(A_ANY, "one")).isTrue();
    assertThat(trie.isEmpty()).isTrue();
    assertThat(trie.nodes()).isEqualTo(1);
  }

  @Property(tries = 2000)
  @Acceptance("EV-3")
  void match_anyPatterns_agreesWithEachPatternAndWithSlowReference(
      @ForAll("patterns") List<String> added,
      @ForAll("patterns") List<String> removed,
      @ForAll("name") String name) {
    PatternTrie<String> trie = new PatternTrie<>();
    added.forEach(text -> trie.add(EventPattern.parse(text), text));
    removed.forEach(text -> trie.remove(EventPattern.parse(text), text));
    List<String> left = added.stream().distinct().filter(p -> !removed.contains(p)).toList();
    List<String> slow = left.stream().filter(p -> slowMatch(p, name)).toList();
    List<String> each = left.stream().filter(p -> EventPattern.parse(p).matches(name)).toList();
    assertThat(each).isEqualTo(slow);
    assertThat(trie.match(name)).containsExactlyInAnyOrderElementsOf(slow);
    assertThat(trie.size()).isEqualTo(left.size());
  }

  @Property(tries = 2000)
  void contains_anyTwoPatterns_isSound(
      @ForAll("pattern") String wide,
      @ForAll("pattern") String narrow,
      @ForAll("name") String name) {
    EventPattern container = EventPattern.parse(wide);
    EventPattern contained = EventPattern.parse(narrow);
    assertThat(container.contains(container)).isTrue();
    assertThat(container.contains(EventPattern.parse(name))).isEqualTo(container.matches(name));
    if (container.contains(contained) && contained.matches(name)) {
      assertThat(container.matches(name)).isTrue();
    }
  }

  @Property
  void problem_arbitraryText_neverThrows(@ForAll String text) {
    assertThat(EventName.isValid(text)).isEqualTo(EventName.problem(text) == null);
    assertThat(EventPattern.isValid(text)).isEqualTo(EventPattern.problem(text) == null);
    assertThat(EventName.isValid(text))
        .isEqualTo(text.matches("[a-z0-9_-]+(\\.[a-z0-9_-]+)*") && text.length() <= 255);
  }

  /** TopicMatch of the specification, word for word. */
  private static boolean slowMatch(String pattern, String name) {
    return slowMatch(Segments.split(pattern), Segments.split(name));
  }

  private static boolean slowMatch(List<String> pattern, List<String> name) {
    if (pattern.isEmpty()) {
      return name.isEmpty();
    }
    List<String> rest = pattern.subList(1, pattern.size());
    if (pattern.get(0).equals("#")) {
      return slowMatch(rest, name)
          || (!name.isEmpty() && slowMatch(pattern, name.subList(1, name.size())));
    }
    return !name.isEmpty()
        && (pattern.get(0).equals("*") || pattern.get(0).equals(name.get(0)))
        && slowMatch(rest, name.subList(1, name.size()));
  }

  @Provide
  Arbitrary<List<String>> patterns() {
    return pattern().list().ofMaxSize(12);
  }

  @Provide
  Arbitrary<String> pattern() {
    return joined(Arbitraries.of("a", "b", "*", "#"), 6);
  }

  @Provide
  Arbitrary<String> name() {
    return joined(Arbitraries.of("a", "b", "c"), 7);
  }

  private static Arbitrary<String> joined(Arbitrary<String> segment, int max) {
    return segment.list().ofMinSize(1).ofMaxSize(max).map(parts -> String.join(".", parts));
  }
}
