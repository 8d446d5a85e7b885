package io.trestle.events.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.conversations.Events.Event;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CloudEventTest {
  private static final String ID = "0197a0b1-0000-7000-8000-000000000001";

  private static Event structured(String members) {
    String json =
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"a.b\"" + members + "}";
    return CloudEvent.structured(json.getBytes(UTF_8)).event(ID);
  }

  private static String key(String source, String id) {
    return new CloudEvent(
            id, Map.of("specversion", "1.0", "id", id, "source", source, "type", "a"), null)
        .event(ID)
        .idempotencyKey();
  }

  @Property
  void key_ofOtherSourceOrId_isAnother(
      @ForAll @NotEmpty String source,
      @ForAll @NotEmpty String id,
      @ForAll @NotEmpty String otherSource,
      @ForAll @NotEmpty String otherId) {
    boolean same = source.equals(otherSource) && id.equals(otherId);
    assertThat(key(source, id).equals(key(otherSource, otherId))).isEqualTo(same);
  }

  @Test
  void key_longerThanAllowed_isADigest() {
    assertThat(key("/" + "x".repeat(600), "1")).hasSizeLessThan(100);
    assertThat(key("/" + "x".repeat(600), "1")).isNotEqualTo(key("/" + "x".repeat(600), "2"));
  }

  @Test
  void data_isThePayload_andJsonIsAlsoWhatFiltersSee() {
    Event json = structured(",\"data\":{\"n\":1.50}");
    assertThat(new String(json.payload(), UTF_8)).isEqualTo("{\"n\":1.50}");
    assertThat(json.payloadJson()).isEqualTo(json.payload());
    Event text = structured(",\"datacontenttype\":\"text/plain\",\"data\":\"hi\"");
    assertThat(new String(text.payload(), UTF_8)).isEqualTo("hi");
    assertThat(text.payloadJson()).isEmpty();
    Event bytes = structured(",\"datacontenttype\":\"image/png\",\"data_base64\":\"AAH/\"");
    assertThat(bytes.payload()).containsExactly(0, 1, 0xff);
    assertThat(structured("").payload()).isEmpty();
    assertThat(new String(structured(",\"data\":null").payload(), UTF_8)).isEqualTo("null");
    assertThat(new String(structured(",\"data\":\"x\"").payload(), UTF_8)).isEqualTo("\"x\"");
  }

  @Test
  void attributes_comeAsHeaders() {
    Event event = structured(",\"dataref\":\"r\",\"n\":1,\"nothing\":null,\"subject\":\"s\"");
    assertThat(event.headers())
        .isEqualTo(
            Map.of(
                "ce-specversion", "1.0",
                "ce-id", "1",
                "ce-source", "/s",
                "ce-dataref", "r",
                "ce-n", "1",
                "ce-subject", "s"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",\"time\":\"yesterday\"",
        ",\"data\":1,\"data_base64\":\"AA==\"",
        ",\"data_base64\":\"?\"",
        ",\"Upper\":\"x\"",
        ",\"a-b\":\"x\"",
        ",\"list\":[]",
        ",\"id\":\"2\""
      })
  void malformed_isRefusedWithWhatWasExpected(String members) {
    assertThatThrownBy(() -> structured(members))
        .isInstanceOf(CloudEvent.Malformed.class)
        .hasMessageContaining("expected");
  }
}
