package io.trestle.kernel.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import org.junit.jupiter.api.Test;

class DatabaseConfigTest {
  @Test
  void defaults_areTheEmbeddedDatabase() {
    assertThat(RecordMapper.map("", DatabaseConfig.class, "f"))
        .isEqualTo(new DatabaseConfig(DatabaseConfig.Provider.EMBEDDED, null, false));
  }

  @Test
  void mapping_isComplete() {
    String yaml = "{provider: url, url: 'postgres://h/d', allow_unsafe: true}";

    assertThat(RecordMapper.map(yaml, DatabaseConfig.class, "f"))
        .isEqualTo(new DatabaseConfig(DatabaseConfig.Provider.URL, "postgres://h/d", true));
  }

  @Test
  @Acceptance("FL-5")
  void providerUrl_withoutUrl_isRefused() {
    assertThatThrownBy(() -> RecordMapper.map("provider: url", DatabaseConfig.class, "f"))
        .hasMessage(
            "f: url: missing (expected: a PostgreSQL URL, because database.provider is url)");
  }

  @Test
  @Acceptance("FL-5")
  void providerEmbedded_withUrl_isRefusedWithoutShowingIt() {
    assertThatThrownBy(
            () -> RecordMapper.map("url: postgres://u:p4ss@h/d", DatabaseConfig.class, "f"))
        .hasMessageStartingWith("f: url: set (expected: none")
        .hasMessageNotContaining("p4ss");
  }
}
