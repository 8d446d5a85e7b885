package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.conversations.Declarations.Subscription;
import io.trestle.protocol.v1.GroupStep;
import io.trestle.protocol.v1.Step;
import io.trestle.protocol.v1.WorkflowDefinition;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeclarationRulesTest {
  private static final byte[] NONE = {};
  private static final byte[] SPEC = "{}".getBytes(StandardCharsets.UTF_8);

  private static List<String> faults(Decl decl) {
    return new DeclarationRules().faults(decl.build());
  }

  private static Incoming incoming(int type, String name, byte[] input, byte[] output) {
    return new Incoming(type, name, input, output, false, "", NONE);
  }

  private static Incoming job(String name, String hash, byte[] spec) {
    return new Incoming(Declarations.JOB, name, spec, NONE, false, hash, NONE);
  }

  private static Incoming http(String name, byte[] input, String hash) {
    return new Incoming(Declarations.HTTP, name, input, NONE, false, hash, NONE);
  }

  private static Decl workflow(Step... steps) {
    byte[] definition =
        WorkflowDefinition.newBuilder()
            .setName("w")
            .addAllSteps(List.of(steps))
            .build()
            .toByteArray();
    return Decl.of()
        .handles(new Incoming(Declarations.WORKFLOW, "w", NONE, NONE, false, "", definition));
  }

  private static Step step(String id) {
    return Step.newBuilder().setId(id).build();
  }

  @Test
  void everythingWellFormed_hasNoFaults() {
    Decl decl =
        Decl.of()
            .rpc("Orders.create_1-x", "v2:abc")
            .workflow("ship")
            .handles(job("nightly", "v2:1", SPEC))
            .handles(http("GET /orders/:id", NONE, ""))
            .publishes("order.created", "v2:e")
            .publishes("order.*")
            .calls("payments", "*")
            .runs("shipping", "ship")
            .depends("web", "GET /x", Declarations.HTTP)
            .subscribes("payment.#")
            .at("10.0.0.1:7000")
            .http("[::1]:80");

    assertThat(faults(decl)).isEmpty();
    assertThat(faults(Decl.of())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, Declarations.EVENT, 6})
  @Acceptance("RG-12")
  void incoming_eventOrUnknownType_isAFault(int type) {
    assertThat(faults(Decl.of().handles(incoming(type, "x", NONE, NONE))))
        .singleElement()
        .asString()
        .contains("'x'", "type " + type, "RPC, WORKFLOW, JOB or HTTP");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "*", "a b", "a/b", "a\nb"})
  @Acceptance("RG-12")
  void incoming_badName_isAFault(String name) {
    assertThat(faults(Decl.of().rpc(name))).isNotEmpty();
    assertThat(faults(Decl.of().handles(job(name, "", SPEC)))).isNotEmpty();
    assertThat(faults(Decl.of().workflow(name))).isNotEmpty();
  }

  @Test
  void incoming_nameOf255Characters_isTheLongest() {
    assertThat(faults(Decl.of().rpc("x".repeat(255)))).isEmpty();
    assertThat(faults(Decl.of().rpc("x".repeat(256)))).hasSize(1);
  }

  @Test
  @Acceptance("RG-12")
  void incoming_jobWithOutputOrWithoutSpec_isAFault() {
    assertThat(faults(Decl.of().handles(incoming(Declarations.JOB, "j", SPEC, SPEC))))
        .singleElement()
        .asString()
        .contains("output_schema_json");
    assertThat(faults(Decl.of().handles(job("j", "h", NONE))))
        .singleElement()
        .asString()
        .contains("input_schema_json");
  }

  @Test
  @Acceptance("RG-12")
  void incoming_httpWithOutput_isAFault() {
    assertThat(faults(Decl.of().handles(incoming(Declarations.HTTP, "GET /", NONE, SPEC))))
        .singleElement()
        .asString()
        .contains("output_schema_json");
  }

  @Test
  void incoming_httpWithSchemaHashOrBadRoute_isAFault() {
    assertThat(faults(Decl.of().handles(http("GET /", SPEC, "")))).hasSize(1);
    assertThat(faults(Decl.of().handles(http("GET /", NONE, "v2:a")))).hasSize(1);
    for (String route : List.of("", "/x", "get /x", "GET ", "GET", "GET /a\nb", "GET /\u0000")) {
      assertThat(faults(Decl.of().handles(http(route, NONE, "")))).as(route).hasSize(1);
    }
  }

  @Test
  void contractHash_thatNoColumnTakes_isAFault() {
    assertThat(faults(Decl.of().rpc("m", "a\u0000b"))).hasSize(1);
    assertThat(faults(Decl.of().rpc("m", "h".repeat(256)))).hasSize(1);
    assertThat(faults(Decl.of().publishes("e", "a\u0000b"))).hasSize(1);
  }

  @Test
  @Acceptance("RG-12")
  void outgoing_eventOrJob_isAFault() {
    for (int type : List.of(0, Declarations.EVENT, Declarations.JOB)) {
      assertThat(faults(Decl.of().depends("s", "m", type)))
          .singleElement()
          .asString()
          .contains("'s/m'", "type " + type);
    }
  }

  @Test
  @Acceptance("RG-12")
  void outgoing_emptyName_isAFault() {
    assertThat(faults(Decl.of().calls("", "m"))).hasSize(1);
    assertThat(faults(Decl.of().calls("s", ""))).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Order", "a..b", "a b", "a.b\n"})
  @Acceptance("RG-12")
  void published_noEventName_isAFault(String name) {
    assertThat(faults(Decl.of().publishes(name))).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "order-*", "a..b", "A.b", "a."})
  void subscription_badPattern_isAFault(String pattern) {
    assertThat(faults(Decl.of().subscribes(pattern)))
        .singleElement()
        .asString()
        .contains("pattern '" + pattern + "'");
  }

  @Test
  @Acceptance({"RG-13", "WI-28"})
  void subscription_badFilter_isAFaultNamingThePattern() {
    assertThat(faults(Decl.of().subscribes("order.created", "{ not json")))
        .singleElement()
        .asString()
        .contains("filter of 'order.created'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nohost", ":80", "h:", "h:0", "h:65536", "http://h:80", "h:8a"})
  void endpoint_noHostAndPort_isAFault(String endpoint) {
    assertThat(faults(Decl.of().at(endpoint))).singleElement().asString().contains("call_endpoint");
    assertThat(faults(Decl.of().http(endpoint)))
        .singleElement()
        .asString()
        .contains("http_endpoint");
  }

  // ---- workflows

  @Test
  @Acceptance("WI-28")
  void workflow_withoutFieldSeven_isAFault() {
    Incoming bare = new Incoming(Declarations.WORKFLOW, "w", NONE, NONE, false, "", NONE);

    assertThat(faults(Decl.of().handles(bare))).singleElement().asString().contains("field 7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Charge", "a-b", "a b", "input"})
  @Acceptance("WI-28")
  void workflow_missingOrMalformedStepId_isAFault(String id) {
    assertThat(faults(workflow(step("ok"), step(id))))
        .singleElement()
        .asString()
        .contains("'w'", "step id '" + id + "'");
  }

  @Test
  @Acceptance("WI-28")
  void workflow_stepIdTwice_isAFaultAlsoInsideGroups() {
    Step group =
        Step.newBuilder()
            .setId("both")
            .setParallel(GroupStep.newBuilder().addSteps(step("a")).addSteps(step("charge")))
            .build();

    assertThat(faults(workflow(step("charge"), group)))
        .singleElement()
        .asString()
        .contains("'charge' twice");
    assertThat(faults(workflow(step("other"), group))).isEmpty();
  }

  // ---- contradictions

  @Test
  void sameHandlerTwice_identical_isNoFault_differentIsOne() {
    assertThat(faults(Decl.of().rpc("m", "a").rpc("m", "a"))).isEmpty();
    assertThat(faults(Decl.of().rpc("m", "a").rpc("m", "b")))
        .singleElement()
        .asString()
        .contains("'m'", "different content");
    assertThat(faults(Decl.of().rpc("m").workflow("m"))).isEmpty();
  }

  @Test
  void sameJob_severalVersions_areNormal_oneVersionWithTwoContentsIsAFault() {
    byte[] other = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);

    assertThat(faults(Decl.of().handles(job("j", "v1", SPEC)).handles(job("j", "v2", other))))
        .isEmpty();
    assertThat(faults(Decl.of().handles(job("j", "v1", SPEC)).handles(job("j", "v1", SPEC))))
        .isEmpty();
    assertThat(faults(Decl.of().handles(job("j", "v1", SPEC)).handles(job("j", "v1", other))))
        .hasSize(1);
  }

  @Test
  void samePattern_twoFilters_isAFault() {
    String filter = "{\"amount\":{\"$gt\":1}}";

    assertThat(faults(Decl.of().subscribes("a.b").subscribes("a.b"))).isEmpty();
    assertThat(faults(Decl.of().subscribes("a.b").subscribes("a.b", filter)))
        .anySatisfy(f -> assertThat(f).contains("'a.b' with two different filters"));
  }

  @Test
  void samePattern_oneFilterInTwoSpellings_isNoFault() {
    Decl decl =
        Decl.of()
            .subscribes("a.b", "{\"$.x\":1,\"$.y\":2}")
            .subscribes("a.b", "{\"$.y\":2.0,\"$.x\":1}");

    assertThat(faults(decl)).isEmpty();
    assertThat(Normalizer.normalize(decl.build()).subscriptions()).hasSize(1);
  }

  @Test
  void samePattern_twoGroupsPoliciesOrTtls_isAFault() {
    for (Subscription other :
        List.of(
            new Subscription("a.b", "", "", "audit", 0),
            new Subscription("a.b", "", "{}", "", 0),
            new Subscription("a.b", "", "", "", 5))) {
      assertThat(faults(Decl.of().subscribes(other).subscribes(other))).isEmpty();
      assertThat(faults(Decl.of().subscribes("a.b").subscribes(other)))
          .singleElement()
          .asString()
          .contains("'a.b' with two different groups, retry policies or ttls");
    }
  }

  @Test
  void subscription_optionsOfOurs_areChecked() {
    assertThat(faults(Decl.of().subscribes(new Subscription("a", "", "{}", "audit", 1)))).isEmpty();
    assertThat(faults(Decl.of().subscribes(new Subscription("a", "", "", "", -1))))
        .singleElement()
        .asString()
        .contains("'a': ttl_ms: -1 (expected: 0 to 315360000000)");
    assertThat(faults(Decl.of().subscribes(new Subscription("a", "", "", "x y", 0))))
        .singleElement()
        .asString()
        .contains("'a': group: \"x y\"");
    assertThat(
            faults(Decl.of().subscribes(new Subscription("a", "", "{\"maxAttempts\":0}", "", 0))))
        .singleElement()
        .asString()
        .contains("'a': retry policy: ", "maxAttempts", "1 to 100");
  }

  @Test
  void everyFault_isReported() {
    assertThat(faults(Decl.of().rpc("").calls("", "").subscribes("A").at("x"))).hasSize(4);
  }

  // ---- text

  @Test
  void faultText_manyLongFaults_fitAHeader() {
    List<String> many = Collections.nCopies(1_000, "x".repeat(100_000));

    assertThat(FaultText.of(List.of("one", "two"))).isEqualTo("one; two");
    assertThat(FaultText.of(many)).hasSizeLessThan(4_000).endsWith("; and 990 more");
  }
}
