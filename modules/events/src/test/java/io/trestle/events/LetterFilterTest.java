package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.events.LetterStore.Wanted;
import io.trestle.protocol.events.EventPattern;
import java.util.List;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The database picks the same names of dead letters as the router would. */
class LetterFilterTest {
  @Property
  void regex_ofAPattern_matchesWhatThePatternMatches(
      @ForAll("patterns") List<String> pattern, @ForAll("names") List<String> name) {
    String text = String.join(".", pattern);
    String event = String.join(".", name);

    assertThat(Pattern.compile(Wanted.regex(text)).matcher("." + event).find())
        .as("%s on %s", text, event)
        .isEqualTo(EventPattern.parse(text).matches(event));
  }

  @Provide
  Arbitrary<List<String>> patterns() {
    return Arbitraries.of("a", "b", "a-b", "a_b", "*", "#").list().ofMinSize(1).ofMaxSize(5);
  }

  @Provide
  Arbitrary<List<String>> names() {
    return Arbitraries.of("a", "b", "a-b", "a_b", "ab").list().ofMinSize(1).ofMaxSize(6);
  }
}
