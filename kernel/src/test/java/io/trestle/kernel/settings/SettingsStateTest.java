package io.trestle.kernel.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SettingsStateTest {
  private static final SettingKey<Integer> LIVE = SettingKey.integer("t.live", 5, 1, 100);
  private static final SettingKey<Integer> SLOW =
      SettingKey.integer("t.slow", 5, 1, 100).needsRestart();
  private static final SettingKey<String> TOKEN = SettingKey.secret("t.token");
  private static final List<SettingKey<?>> KEYS = List.of(LIVE, SLOW, TOKEN);

  private final List<String> warnings = new ArrayList<>();

  private static SettingsState initial(Map<String, String> overrides) {
    return SettingsState.initial(KEYS, overrides);
  }

  private SettingsState started(Map<String, String> rows) {
    return initial(Map.of()).read(rows, true, warnings::add);
  }

  private SettingsState then(SettingsState state, Map<String, String> rows) {
    return state.read(rows, false, warnings::add);
  }

  private static SettingView view(SettingsState state, String key) {
    return Objects.requireNonNull(state.view(key));
  }

  @Test
  void read_noRows_keepsTheDefaults() {
    assertThat(started(Map.of()).value("t.live")).isEqualTo(5);
    assertThat(view(started(Map.of()), "t.live").value()).isEqualTo("5");
  }

  @Test
  void read_atTheStart_takesKeysThatNeedARestart() {
    SettingsState state = started(Map.of("t.slow", "7"));

    assertThat(state.value("t.slow")).isEqualTo(7);
    assertThat(view(state, "t.slow").restartPending()).isFalse();
  }

  @Test
  void read_later_leavesKeysThatNeedARestartPending() {
    SettingsState state = then(started(Map.of("t.slow", "7")), Map.of("t.slow", "8"));

    assertThat(state.value("t.slow")).isEqualTo(7);
    assertThat(view(state, "t.slow"))
        .extracting(SettingView::value, SettingView::inForce, SettingView::restartPending)
        .containsExactly("8", "7", true);
    SettingsState back = then(state, Map.of("t.slow", "7"));
    assertThat(view(back, "t.slow").restartPending()).isFalse();
  }

  @Test
  void read_badValue_keepsTheLastGoodOneAndWarnsOnce() {
    SettingsState good = started(Map.of("t.live", "9"));
    SettingsState bad = then(good, Map.of("t.live", "900"));
    bad = then(bad, Map.of("t.live", "900"));

    assertThat(bad.value("t.live")).isEqualTo(9);
    assertThat(view(bad, "t.live").value()).isEqualTo("900");
    assertThat(view(bad, "t.live").inForce()).isEqualTo("9");
    assertThat(warnings).containsExactly("t.live: 900 (expected: 1 to 100)");
    assertThat(then(bad, Map.of("t.live", "10")).value("t.live")).isEqualTo(10);
  }

  @Test
  void read_badValueAtTheStart_keepsTheDefault() {
    SettingsState state = started(Map.of("t.live", "x", "t.slow", "x"));

    assertThat(state.value("t.live")).isEqualTo(5);
    assertThat(state.value("t.slow")).isEqualTo(5);
    assertThat(view(state, "t.slow").restartPending()).isFalse();
    assertThat(warnings).hasSize(2);
  }

  @Test
  void read_rowDeleted_isTheDefaultAgain() {
    assertThat(then(started(Map.of("t.live", "9")), Map.of()).value("t.live")).isEqualTo(5);
  }

  @Test
  void read_unknownRows_areKeptAndListedLast() {
    SettingsState state = started(Map.of("z.other", "1", "a.other", "2"));

    assertThat(state.views())
        .extracting(SettingView::key)
        .containsExactly("t.live", "t.slow", "t.token", "a.other", "z.other");
    assertThat(view(state, "a.other").unknown()).isTrue();
    assertThat(view(state, "t.live").unknown()).isFalse();
  }

  @Test
  void override_staysWhateverTheTableSays() {
    SettingsState state =
        initial(Map.of("t.live", "50", "t.slow", "60"))
            .read(Map.of("t.live", "9", "t.slow", "9"), true, warnings::add);

    assertThat(state.value("t.live")).isEqualTo(50);
    assertThat(state.value("t.slow")).isEqualTo(60);
    assertThat(view(state, "t.slow"))
        .extracting(
            SettingView::value,
            SettingView::inForce,
            SettingView::overridden,
            SettingView::restartPending)
        .containsExactly("9", "60", true, false);
  }

  @Test
  void override_unknownOrBad_isRefused() {
    assertThatThrownBy(() -> initial(Map.of("t.none", "1")))
        .hasMessage("t.none: unknown setting (expected: a key of settings list)");
    assertThatThrownBy(() -> initial(Map.of("t.live", "0")))
        .hasMessage("t.live: 0 (expected: 1 to 100)");
  }

  @Test
  void secret_isMaskedInEveryView() {
    SettingsState state = started(Map.of("t.token", "hush"));

    assertThat(state.value("t.token")).isEqualTo("hush");
    assertThat(view(state, "t.token").value()).isEqualTo("****");
    assertThat(state.views().toString()).doesNotContain("hush");
  }

  @Test
  void changedSince_namesWhatIsInForceNow() {
    SettingsState before = started(Map.of());
    SettingsState after = then(before, Map.of("t.live", "6", "t.slow", "6"));

    assertThat(after.changedSince(before)).containsExactly("t.live");
  }

  @Test
  void keys_declaredTwice_areRefused() {
    assertThatThrownBy(() -> SettingsState.initial(List.of(LIVE, LIVE), Map.of()))
        .hasMessage("t.live: declared twice (expected: once)");
  }
}
