package io.trestle.examples.orderflow.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DemoOptionsTest {
  private static final Path HOME = Path.of("/checkout");

  @Test
  void parse_nothing_staysUpWithShippedOrders() {
    assertThat(parse())
        .isEqualTo(new DemoOptions(false, false, Optional.empty(), Path.of("/checkout/.trestle")));
  }

  @Test
  void parse_everything_isTaken() {
    DemoOptions expected =
        new DemoOptions(true, true, Optional.of(Path.of("my.jsonl")), Path.of("/state"));

    assertThat(parse("--once", "--orders", "my.jsonl", "--state", "/state", "-o", "json"))
        .isEqualTo(expected);
    assertThat(parse("--output=JSON", "--state=/state", "--orders=my.jsonl", "--once"))
        .isEqualTo(expected);
  }

  @Test
  void parse_stateOfTheEnvironment_isTaken() {
    assertThat(DemoOptions.parse(new String[0], Map.of("TRESTLE_STATE", "/else"), HOME).state())
        .isEqualTo(Path.of("/else"));
  }

  @Test
  void parse_nonsense_isAWrongUse() {
    assertThatThrownBy(() -> parse("--twice"))
        .isInstanceOfSatisfying(DemoException.class, e -> assertThat(e.isUsage()).isTrue())
        .hasMessage(
            "--twice: unknown (expected: demo [--once] [--orders FILE] [--state DIR] [-o FORMAT])");
    assertThatThrownBy(() -> parse("--orders")).hasMessageStartingWith("--orders: without a value");
    assertThatThrownBy(() -> parse("-o", "yaml"))
        .hasMessage("-o: yaml (expected: text, table or json)");
  }

  @Test
  void run_nonsense_exitsWithTwo() {
    assertThat(Demo.run(new String[] {"--twice"})).isEqualTo(2);
  }

  private static DemoOptions parse(String... args) {
    return DemoOptions.parse(args, Map.of(), HOME);
  }
}
