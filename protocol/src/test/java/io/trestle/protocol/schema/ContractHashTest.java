package io.trestle.protocol.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import io.trestle.Acceptance;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The vectors of rpc.md 7.4, but for those of {@code .schema.json}, and what they stand for. */
class ContractHashTest {
  private static final String SCALARS =
      "1:double 2:float 3:int32 4:int64 5:uint32 6:uint64 7:sint32 8:sint64 9:fixed32 10:fixed64"
          + " 11:sfixed32 12:sfixed64 13:bool 14:string 15:bytes";
  private static final String SCALARS_HASH =
      "v2:acdf1e8435f4a6ab1f76cd5ed7df02af22ec2d85220db2b73293d507a61e364a";
  private static final Descriptor BOOL = Shapes.single("reply", "1:bool");

  private static final Shapes COMPLEX =
      Shapes.of("sb.vectors.complex")
          .enumeration("Kind", 0, 1, 2)
          .message("Money", "1:string 2:int64")
          .message("Item", "1:string 2:Money 3:[string]")
          .message(
              "Request",
              "1:string 2:[Item] 3:map<string,string> 4:map<string,Money> 5:Kind 7:string@choice"
                  + " 9:Money@choice 12:?int32")
          .message("Reply", "1:bool 2:[Kind]");
  private static final Shapes CYCLIC =
      Shapes.of("sb.vectors.cyclic")
          .message("Node", "1:string 2:[Node] 3:Branch")
          .message("Branch", "1:Node")
          .message("Reply", "1:int32");

  private static String scalars(String fields) {
    return ContractHash.of(Shapes.single("sb.vectors.scalars", fields), BOOL);
  }

  @Test
  @Acceptance({"SC-1", "SC-2"})
  void scalars_anyNames_sameHash() {
    assertThat(scalars(SCALARS)).isEqualTo(SCALARS_HASH);
    Descriptor renamed =
        Shapes.named("other.place", "renamed").message("Renamed", SCALARS).get("Renamed");
    assertThat(ContractHash.of(renamed, BOOL)).isEqualTo(SCALARS_HASH);
  }

  @Test
  @Acceptance({"SC-1", "SC-2"})
  void scalars_otherNumberTypeOrCardinality_otherHash() {
    assertThat(scalars(SCALARS.replace("15:bytes", "16:bytes")))
        .isEqualTo("v2:d05d3067dc06f2427b94fa1711e8280ff36cd270ed7dff8ff63d3708f521f2d9");
    assertThat(scalars(SCALARS.replace("3:int32 ", "3:int64 ")))
        .isEqualTo("v2:a0ce2ae10f35210888c8014a56889519b20cf8f7c56e28d854abb90aae0a4aad");
    assertThat(scalars(SCALARS.replace("14:string", "14:[string]")))
        .isEqualTo("v2:32ffd77c8a83e54f490ba48a59842dcd35ca85284cdcecbd80c5d9f61dc31742");
  }

  @Test
  @Acceptance({"SC-1", "SC-2"})
  void sparse_anyOrderOfDeclaration_sameHash() {
    Descriptor output = Shapes.single("reply", "536870911:string");
    for (String fields :
        List.of("3:int32 100:string 70000:bool", "70000:bool 3:int32 100:string")) {
      assertThat(ContractHash.of(Shapes.single("sb.vectors.sparse", fields), output))
          .isEqualTo("v2:6f4d534415d788ec4af8c9146c2972408c1deff4f69400621452c22e911a3586");
    }
  }

  @Test
  @Acceptance("SC-1")
  void complex_textAndHash() {
    assertThat(ContractHash.canonical(COMPLEX.get("Request")))
        .isEqualTo(
            "{\"f\":[{\"c\":\"opt\",\"n\":1,\"t\":\"string\"},"
                + "{\"c\":\"rep\",\"n\":2,\"t\":\"m:.sb.vectors.complex.Item\"},"
                + "{\"c\":\"map\",\"k\":\"string\",\"n\":3,\"t\":\"string\"},"
                + "{\"c\":\"map\",\"k\":\"string\",\"n\":4,\"t\":\"m:.sb.vectors.complex.Money\"},"
                + "{\"c\":\"opt\",\"n\":5,\"t\":\"e:.sb.vectors.complex.Kind\"},"
                + "{\"c\":\"opt\",\"n\":7,\"t\":\"string\"},"
                + "{\"c\":\"opt\",\"n\":9,\"t\":\"m:.sb.vectors.complex.Money\"},"
                + "{\"c\":\"opt\",\"n\":12,\"t\":\"int32\"}],\"o\":[{\"f\":[7,9]}],"
                + "\"r\":{\".sb.vectors.complex.Item\":{\"f\":["
                + "{\"c\":\"opt\",\"n\":1,\"t\":\"string\"},"
                + "{\"c\":\"opt\",\"n\":2,\"t\":\"m:.sb.vectors.complex.Money\"},"
                + "{\"c\":\"rep\",\"n\":3,\"t\":\"string\"}]},"
                + "\".sb.vectors.complex.Kind\":{\"e\":[0,1,2]},"
                + "\".sb.vectors.complex.Money\":{\"f\":["
                + "{\"c\":\"opt\",\"n\":1,\"t\":\"string\"},"
                + "{\"c\":\"opt\",\"n\":2,\"t\":\"int64\"}]}}}");
    assertThat(ContractHash.canonical(COMPLEX.get("Reply")))
        .isEqualTo(
            "{\"f\":[{\"c\":\"opt\",\"n\":1,\"t\":\"bool\"},"
                + "{\"c\":\"rep\",\"n\":2,\"t\":\"e:.sb.vectors.complex.Kind\"}],"
                + "\"r\":{\".sb.vectors.complex.Kind\":{\"e\":[0,1,2]}}}");
    assertThat(ContractHash.of(COMPLEX.get("Request"), COMPLEX.get("Reply")))
        .isEqualTo("v2:225fee2b532e0d0989a75ebef16785426ae5873c72694d062a5277c93e6187ff");
  }

  @Test
  @Acceptance("SC-1")
  void enumWithAliases_countsNumbersOnce() {
    Descriptor input =
        Shapes.of("sb.vectors.alias")
            .enumeration("Status", 0, 1, 1, 4)
            .message("Input", "1:Status")
            .get("Input");
    assertThat(ContractHash.of(input, BOOL))
        .isEqualTo("v2:1515e6a13183b4dc402e2b6521b6605052b038b1d162689b4872430ddf3f3067");
  }

  @Test
  @Acceptance("SC-1")
  void cycle_ends() {
    assertThat(ContractHash.canonical(CYCLIC.get("Node")))
        .isEqualTo(
            "{\"f\":[{\"c\":\"opt\",\"n\":1,\"t\":\"string\"},"
                + "{\"c\":\"rep\",\"n\":2,\"t\":\"m:.sb.vectors.cyclic.Node\"},"
                + "{\"c\":\"opt\",\"n\":3,\"t\":\"m:.sb.vectors.cyclic.Branch\"}],"
                + "\"r\":{\".sb.vectors.cyclic.Branch\":{\"f\":["
                + "{\"c\":\"opt\",\"n\":1,\"t\":\"m:.sb.vectors.cyclic.Node\"}]},"
                + "\".sb.vectors.cyclic.Node\":{\"f\":["
                + "{\"c\":\"opt\",\"n\":1,\"t\":\"string\"},"
                + "{\"c\":\"rep\",\"n\":2,\"t\":\"m:.sb.vectors.cyclic.Node\"},"
                + "{\"c\":\"opt\",\"n\":3,\"t\":\"m:.sb.vectors.cyclic.Branch\"}]}}}");
    assertThat(ContractHash.of(CYCLIC.get("Node"), CYCLIC.get("Reply")))
        .isEqualTo("v2:7ddd2780e628ae4cea93bc5e8bd31ad2e1a4187e1c2cac13ca0088d084140cb8");
  }

  @Test
  @Acceptance("SC-1")
  void emptyOptionalAndProto2() {
    assertThat(
            ContractHash.of(
                Shapes.single("sb.vectors.empty", ""), Shapes.single("reply", "1:string")))
        .isEqualTo("v2:cea986b84daaa1d2fb5ee145b32f475bec30f798db27e9de2c8a3d5892941167");
    assertThat(
            ContractHash.of(
                Shapes.single("p", "1:?string 2:?int32 3:string 4:bool@one 5:string@one"), BOOL))
        .isEqualTo("v2:02740363078a4e4f3e59ddcd8f71e4da296c1940184fb2c1d7396c8e3fb4fb5a");
    Shapes proto2 =
        Shapes.proto2("p")
            .message("Input", "1:!string 2:int32 3:[string]")
            .message("Out", "1:bool");
    assertThat(ContractHash.of(proto2.get("Input"), proto2.get("Out")))
        .isEqualTo("v2:6c81674e3cc9e83ae96edea1e1ba25d644557eab67e38016bfe0dbf2baded74a");
  }

  @Test
  @Acceptance({"SC-1", "SC-7"})
  void event_ignoresTheReply() {
    Descriptor payload = Shapes.single("p", "1:string 2:double 3:string");
    assertThat(ContractHash.ofEvent(payload))
        .isEqualTo("v2:ccece68de0e672ffbf5bb582b43cc1d9599ad8acd3bcacc7aa31ac6f49bd91e3")
        .isEqualTo(ContractHash.of(payload, Shapes.single("p", "")))
        .isNotEqualTo(ContractHash.of(payload, BOOL));
  }

  @Test
  void deepSchema_hasAHash() {
    Shapes chain = Shapes.of("chain");
    for (int i = 0; i < 5_000; i++) {
      chain.message("M" + i, "1:M" + (i + 1));
    }
    Descriptor first = chain.message("M5000", "1:string").get("M0");

    assertThat(ContractHash.canonical(first)).contains(".chain.M5000");
  }

  @Property(tries = 200)
  @Acceptance("SC-2")
  void orderAndNames_neverCount_aChangedFieldDoes(@ForAll long seed) {
    Random random = new Random(seed);
    List<String> fields = new ArrayList<>(List.of(SCALARS.split(" ", -1)));
    Collections.shuffle(fields, random);
    fields.subList(1 + random.nextInt(fields.size()), fields.size()).clear();
    String text = String.join(" ", fields);
    String hash = ContractHash.of(Shapes.single("p", text), BOOL);

    Collections.shuffle(fields, random);
    Descriptor other =
        Shapes.named("q", "x" + random.nextInt(99)).message("M", String.join(" ", fields)).get("M");
    assertThat(ContractHash.of(other, BOOL)).isEqualTo(hash);
    int victim = random.nextInt(fields.size());
    String field = fields.get(victim);
    String type = field.substring(field.indexOf(':') + 1);
    fields.set(victim, field.replace(type, random.nextBoolean() ? "[" + type + "]" : "Other"));
    Descriptor changed =
        Shapes.of("p").message("M", String.join(" ", fields)).message("Other", "").get("M");
    assertThat(ContractHash.of(changed, BOOL)).isNotEqualTo(hash);
  }
}
