package io.trestle.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.trestle.protocol.BootstrapKeyException.Fault;
import io.trestle.protocol.transport.TestCertificates;
import io.trestle.protocol.v1.BootstrapKeyPayload;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BootstrapKeyTest {
  private static final byte[] KEY_ID = {1, 2, 3, 4, 5, 6, 7, (byte) 0xff};
  private static final byte[] SECRET = new byte[32];

  static {
    Arrays.fill(SECRET, (byte) 0xab);
  }

  private final X509Certificate ca = TestCertificates.create().ca();

  @Test
  void format_key_isPrefixAndUnpaddedBase64UrlOfTheFieldsInOrder() throws Exception {
    String text = BootstrapKey.of(KEY_ID, SECRET, ca).format();
    assertThat(text).matches("^sb\\.[A-Za-z0-9_-]+$");
    byte[] bytes = Base64.getUrlDecoder().decode(text.substring(3));
    assertThat(Arrays.copyOf(bytes, 10)).containsExactly(0x0a, 8, 1, 2, 3, 4, 5, 6, 7, 0xff);
    assertThat(Arrays.copyOfRange(bytes, 10, 12)).containsExactly(0x12, 32);
    assertThat(Arrays.copyOfRange(bytes, 12, 44)).isEqualTo(SECRET);
    assertThat(Arrays.copyOfRange(bytes, bytes.length - ca.getEncoded().length, bytes.length))
        .isEqualTo(ca.getEncoded());
  }

  @Test
  void parse_formattedKey_givesTheParts() {
    BootstrapKey key = BootstrapKey.parse(BootstrapKey.of(KEY_ID, SECRET, ca).format());
    assertThat(key.keyId()).isEqualTo(KEY_ID);
    assertThat(key.secret()).isEqualTo(SECRET);
    assertThat(key.ca()).isEqualTo(ca);
  }

  @Test
  void toString_key_showsTheIdOnly() {
    BootstrapKey key = BootstrapKey.of(KEY_ID, SECRET, ca);
    assertThat(key).hasToString("BootstrapKey[keyId=01020304050607ff, secret=***]");
  }

  @Test
  void parse_generation1_saysToIssueANewKey() {
    assertThatThrownBy(() -> BootstrapKey.parse("sbv2.id.topsecret.ca"))
        .isInstanceOf(BootstrapKeyException.class)
        .hasMessageContaining("key of generation 1, issue a new key")
        .hasMessageNotContaining("topsecret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "s", "SB.AAAA", "AAAA", " sb.AAAA"})
  void parse_withoutPrefix_refused(String text) {
    assertThat(fault(text)).isEqualTo(Fault.PREFIX);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sb.A", "sb.AA==", "sb.A+/A", "sb.AAAA\n", "sb.AA.AA", "sb.AAAA "})
  void parse_notBase64Url_refused(String text) {
    assertThat(fault(text)).isEqualTo(Fault.ENCODING);
  }

  @Test
  void parse_wrongParts_refusedByName() throws Exception {
    byte[] der = ca.getEncoded();
    byte[] two = Arrays.copyOf(der, 2 * der.length);
    System.arraycopy(der, 0, two, der.length, der.length);
    assertThat(fault("sb.AAAA")).isEqualTo(Fault.PAYLOAD);
    assertThat(fault("sb.")).isEqualTo(Fault.KEY_ID);
    assertThat(fault(text(new byte[7], SECRET, der))).isEqualTo(Fault.KEY_ID);
    assertThat(fault(text(new byte[9], SECRET, der))).isEqualTo(Fault.KEY_ID);
    assertThat(fault(text(KEY_ID, new byte[31], der))).isEqualTo(Fault.SECRET);
    assertThat(fault(text(KEY_ID, new byte[33], der))).isEqualTo(Fault.SECRET);
    assertThat(fault(text(KEY_ID, SECRET, new byte[0]))).isEqualTo(Fault.CA);
    assertThat(fault(text(KEY_ID, SECRET, new byte[] {1, 2, 3}))).isEqualTo(Fault.CA);
    assertThat(fault(text(KEY_ID, SECRET, two))).isEqualTo(Fault.CA);
    assertThatThrownBy(() -> BootstrapKey.of(KEY_ID, new byte[16], ca))
        .hasMessage("secret length: 16 bytes (expected: 32 bytes)");
  }

  @Test
  void parse_truncatedAnywhere_neverQuotesTheKey() {
    String text = BootstrapKey.of(KEY_ID, SECRET, ca).format();
    for (int length = 4; length < text.length(); length++) {
      String cut = text.substring(0, length);
      var e = catchThrowableOfType(BootstrapKeyException.class, () -> BootstrapKey.parse(cut));
      assertThat(e).as("length %d", length).isNotNull().hasNoCause();
      if (length > 12) {
        assertThat(e.getMessage()).doesNotContain(cut.substring(3, 12));
      }
    }
  }

  private static Fault fault(String text) {
    return catchThrowableOfType(BootstrapKeyException.class, () -> BootstrapKey.parse(text))
        .fault();
  }

  private static String text(byte[] keyId, byte[] secret, byte[] der) {
    byte[] payload =
        BootstrapKeyPayload.newBuilder()
            .setKeyId(ByteString.copyFrom(keyId))
            .setSecret(ByteString.copyFrom(secret))
            .setCaCertDer(ByteString.copyFrom(der))
            .build()
            .toByteArray();
    return "sb." + Base64.getUrlEncoder().withoutPadding().encodeToString(payload);
  }
}
