package io.trestle.pki.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class KeysTest {
  private static final byte[] SECRET = new byte[32];

  @Test
  void of_zeroSecret_isTheKnownDigest() {
    assertThat(SecretHash.of(SECRET))
        .isEqualTo("sha256:66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
  }

  @Property(tries = 200)
  void matches_onlyTheSecretItself_isTrue(
      @ForAll @Size(32) byte[] secret, @ForAll @Size(32) byte[] other) {
    String stored = SecretHash.of(secret);

    assertThat(SecretHash.matches(stored, secret)).isTrue();
    assertThat(SecretHash.matches(stored, other)).isEqualTo(Arrays.equals(secret, other));
  }

  @Test
  void matches_anyOtherForm_isFalse() {
    String good = SecretHash.of(SECRET);

    assertThat(SecretHash.matches(null, SECRET)).isFalse();
    assertThat(SecretHash.matches("", SECRET)).isFalse();
    assertThat(SecretHash.matches(good.toUpperCase(java.util.Locale.ROOT), SECRET)).isFalse();
    assertThat(SecretHash.matches(good.substring(7), SECRET)).isFalse();
    assertThat(SecretHash.matches("sha256:" + "0".repeat(64), SECRET)).isFalse();
    assertThat(SecretHash.isWellFormed(good)).isTrue();
    assertThat(SecretHash.isWellFormed("$argon2id$v=19$x")).isFalse();
  }

  @Property(tries = 200)
  void keyId_bytesAndHex_roundTrip(@ForAll long value) {
    KeyId id = new KeyId(value);

    assertThat(KeyId.of(id.bytes())).isEqualTo(id);
    assertThat(KeyId.parse(id.toString())).isEqualTo(id);
    assertThat(id.toString()).hasSize(16);
  }

  @Test
  void keyId_otherTexts_areRefused() {
    assertThatThrownBy(() -> KeyId.parse("xyz")).hasMessageContaining("expected: 16");
    assertThatThrownBy(() -> KeyId.parse("zzzzzzzzzzzzzzzz")).hasMessageContaining("expected: 16");
    assertThatThrownBy(() -> KeyId.of(new byte[7])).hasMessageContaining("expected: 8");
  }
}
