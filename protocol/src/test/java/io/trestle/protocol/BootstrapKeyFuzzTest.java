package io.trestle.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Fuzz;
import io.trestle.protocol.transport.TestCertificates;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** A key is pasted by people: cut, wrapped, half of another one. */
class BootstrapKeyFuzzTest {
  private static final String KEY =
      BootstrapKey.of(
              new byte[BootstrapKey.KEY_ID_LENGTH],
              new byte[BootstrapKey.SECRET_LENGTH],
              TestCertificates.create().ca())
          .format();
  private static final byte[] PAYLOAD = Base64.getUrlDecoder().decode(KEY.substring(3));

  @Property(tries = Fuzz.TRIES)
  void texts_areKeysOrRefused(@ForAll Random random) {
    Fuzz.texts(random, List.of(KEY, "sb.", "sbv2.id.secret"), BootstrapKeyFuzzTest::parse);
  }

  @Property(tries = Fuzz.TRIES)
  void payloads_areKeysOrRefused(@ForAll Random random) {
    Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
    Fuzz.bytes(random, List.of(PAYLOAD), input -> parse("sb." + encoder.encodeToString(input)));
  }

  private static void parse(String text) {
    try {
      BootstrapKey key = BootstrapKey.parse(text);
      BootstrapKey again = BootstrapKey.parse(key.format());
      assertThat(again.keyId()).isEqualTo(key.keyId());
      assertThat(again.secret()).isEqualTo(key.secret());
      assertThat(again.ca()).isEqualTo(key.ca());
    } catch (BootstrapKeyException e) {
      assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(200);
      assertThat(e).hasNoCause();
    }
  }
}
