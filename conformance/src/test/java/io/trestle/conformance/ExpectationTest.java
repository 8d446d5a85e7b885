package io.trestle.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExpectationTest {

  private static List<String> problems(String expected, String actual) throws Exception {
    Expectation expectation = new Expectation(Map.of("$caller", "id-1"));
    expectation.hold(
        "reply", AgentProcess.JSON.readTree(expected), AgentProcess.JSON.readTree(actual));
    return expectation.problems();
  }

  @Test
  void whatIsExpected_passes_andMoreDoesNotMatter() throws Exception {
    assertThat(
            problems(
                "{\"a\":1,\"who\":\"$caller\",\"left\":{\"min\":1,\"max\":9},\"t\":{\"contains\":\"b\"}}",
                "{\"a\":1,\"who\":\"id-1\",\"left\":9,\"t\":\"abc\",\"more\":true}"))
        .isEmpty();
  }

  @Test
  void whatIsNot_isTold() throws Exception {
    assertThat(
            problems(
                "{\"a\":1,\"who\":\"$caller\",\"left\":{\"min\":1,\"max\":9},\"t\":{\"contains\":\"b\"},\"n\":0}",
                "{\"a\":2,\"who\":\"id-2\",\"left\":10,\"t\":\"ac\"}"))
        .containsExactly(
            "reply.a: 2 (expected: 1)",
            "reply.who: \"id-2\" (expected: id-1)",
            "reply.left: 10 (expected: {\"min\":1,\"max\":9})",
            "reply.t: \"ac\" (expected: {\"contains\":\"b\"})",
            "reply.n: nothing (expected: 0)");
  }

  @Test
  void lists_areComparedInOrder_andHaveNothingMore() throws Exception {
    assertThat(problems("{\"l\":[1,{\"a\":\"$caller\"}]}", "{\"l\":[1,{\"a\":\"id-1\",\"b\":2}]}"))
        .isEmpty();
    assertThat(problems("{\"l\":[1,2]}", "{\"l\":[2,1]}"))
        .containsExactly("reply.l[0]: 2 (expected: 1)", "reply.l[1]: 1 (expected: 2)");
    assertThat(problems("{\"l\":[]}", "{\"l\":[1]}"))
        .containsExactly("reply.l: [1] (expected: [])");
  }

  @Test
  void language_isANameAndACommand() {
    assertThat(Language.parse("node=node agent.js --quiet"))
        .isEqualTo(new Language("node", List.of("node", "agent.js", "--quiet")));
    assertThatIllegalArgumentException().isThrownBy(() -> Language.parse("node="));
  }
}
