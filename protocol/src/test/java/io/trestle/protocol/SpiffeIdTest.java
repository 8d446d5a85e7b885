package io.trestle.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiffeIdTest {
  @Test
  void parse_bothForms_roundTrip() {
    SpiffeId service = SpiffeId.service("0198a5c2-0000-7000-8000-000000000001", "i-1_2.3~4");
    assertThat(service.uri())
        .isEqualTo(
            "spiffe://service-bridge/service/0198a5c2-0000-7000-8000-000000000001"
                + "/instance/i-1_2.3~4");
    assertThat(SpiffeId.parse(service.uri())).contains(service);
    assertThat(SpiffeId.parse("spiffe://service-bridge/runtime")).contains(SpiffeId.runtime());
    assertThat(SpiffeId.runtime()).hasToString("spiffe://service-bridge/runtime");
  }

  @Test
  void equals_otherCase_differs() {
    assertThat(SpiffeId.service("AB", "c")).isNotEqualTo(SpiffeId.service("ab", "c"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "spiffe://service-bridge",
        "spiffe://service-bridge/",
        "spiffe://service-bridge/runtime/",
        "spiffe://service-bridge/runtime?x",
        "spiffe://service-bridge/runtime#x",
        "spiffe://service-bridge/Runtime",
        "spiffe://Service-bridge/runtime",
        "spiffe://servicebridge/runtime",
        "SPIFFE://service-bridge/runtime",
        "https://service-bridge/runtime",
        "spiffe://u@service-bridge/runtime",
        "spiffe://service-bridge:443/runtime",
        "spiffe://service-bridge/service/a",
        "spiffe://service-bridge/service/a/instance",
        "spiffe://service-bridge/service/a/instance/",
        "spiffe://service-bridge/service//instance/b",
        "spiffe://service-bridge//service/a/instance/b",
        "spiffe://service-bridge/service/a/instance/b/",
        "spiffe://service-bridge/service/a/instance/b/c",
        "spiffe://service-bridge/service/a/instance/b?c",
        "spiffe://service-bridge/service/a/instance/b#c",
        "spiffe://service-bridge/service/a/instance/%62",
        "spiffe://service-bridge/service/%61/instance/b",
        "spiffe://service-bridge/service/a/x/instance/b",
        "spiffe://service-bridge/service/a/instance/instance/b",
        "spiffe://service-bridge/service/a/Instance/b",
        "spiffe://service-bridge/service/../instance/b",
        "spiffe://service-bridge/service/a/instance/b ",
        "spiffe://service-bridge/service/a/instance/b\u0000",
        "spiffe://service-bridge/service/ä/instance/b"
      })
  void parse_anythingElse_empty(String uri) {
    assertThat(SpiffeId.parse(uri)).isEmpty();
  }

  @Test
  void service_badId_refused() {
    assertThatThrownBy(() -> SpiffeId.service("", "b")).hasMessageStartingWith("serviceId: ");
    assertThatThrownBy(() -> SpiffeId.service("a", "b/c"))
        .hasMessageStartingWith("instanceId: b/c");
    assertThatThrownBy(() -> SpiffeId.service("a".repeat(256), "b"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property
  void parse_anyText_givesBackTheSameTextOrNothing(@ForAll String tail) {
    String uri = "spiffe://service-bridge/service/" + tail;
    assertThat(SpiffeId.parse(uri).map(SpiffeId::uri).orElse(uri)).isEqualTo(uri);
  }
}
