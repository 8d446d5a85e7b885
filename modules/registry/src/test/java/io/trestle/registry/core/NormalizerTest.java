package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Declarations.Declaration;
import org.junit.jupiter.api.Test;

class NormalizerTest {
  @Test
  void normalize_identicalRows_collapseInTheOrderOfFirstMention() {
    Declaration d =
        Normalizer.normalize(
            Decl.of()
                .rpc("b", "h")
                .rpc("a", "h")
                .rpc("b", "h")
                .publishes("e", "1")
                .publishes("e", "2")
                .publishes("e", "1")
                .calls("s", "m")
                .runs("s", "m")
                .calls("s", "m")
                .subscribes("p")
                .subscribes("p")
                .at("h:1")
                .http("h:2")
                .build());

    assertThat(d.incoming()).extracting(m -> m.name()).containsExactly("b", "a");
    assertThat(d.published()).extracting(p -> p.contractHash()).containsExactly("1", "2");
    assertThat(d.outgoing()).extracting(o -> o.type()).containsExactly(1, 3);
    assertThat(d.subscriptions()).hasSize(1);
    assertThat(d.callEndpoint()).isEqualTo("h:1");
    assertThat(d.httpEndpoint()).isEqualTo("h:2");
  }

  @Test
  void normalize_twice_isNormalizeOnce() {
    Declaration once =
        Normalizer.normalize(Decl.of().rpc("a").rpc("a").workflow("a").publishes("e").build());

    assertThat(Normalizer.normalize(once)).isEqualTo(once);
  }
}
