package io.trestle.sdk.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.trestle.Acceptance;
import io.trestle.protocol.schema.ContractHash;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.RegistryEvent;
import io.trestle.sdk.ConfigurationException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProtoFileTest {
  private static final String COMPLEX =
      """
      // A comment with { and "quotes".
      syntax = "proto3";
      package sb.vectors.complex;
      import "google/protobuf/timestamp.proto";
      option java_package = "x.y";
      enum Kind { KIND_NONE = 0; KIND_ONE = 1; KIND_TWO = 2 [deprecated = true]; }
      message Money { string currency = 1; int64 amount = 2; }
      message Item { string sku = 1; Money price = 2; repeated string tags = 3; }
      message Request {
        reserved 100 to 200;
        string id = 1;
        repeated Item items = 2;
        map<string, string> labels = 3;
        map<string, Money> prices = 4;
        .sb.vectors.complex.Kind kind = 5;
        oneof choice { string text = 7; complex.Money money = 9; }
        optional int32 limit = 12;
      }
      message Reply { bool ok = 1; repeated Kind kinds = 2 [packed = false]; }
      message Timed { google.protobuf.Timestamp at = 1; }
      service Shop {
        rpc Buy(Request) returns (Reply) { option deprecated = false; }
        rpc Watch(Request) returns (stream Reply);
      }
      """;

  @Test
  @Acceptance({"SC-1", "SC-3"})
  void complex_hasTheHashOfItsVector_byRpcAndByNames() {
    ProtoFile file = ProtoFile.parse(COMPLEX);

    String hash = "v2:225fee2b532e0d0989a75ebef16785426ae5873c72694d062a5277c93e6187ff";
    assertThat(file.method("Buy").contract().hash()).isEqualTo(hash);
    assertThat(file.messages("Request", "sb.vectors.complex.Reply").contract().hash())
        .isEqualTo(hash);
  }

  @Test
  @Acceptance("SC-1")
  void cyclicProto2AndAliases_haveTheHashesOfTheirVectors() {
    ProtoFile cyclic =
        ProtoFile.parse(
            """
            syntax = "proto3"; package sb.vectors.cyclic;
            message Node { string name = 1; repeated Node children = 2; Branch branch = 3; }
            message Branch { Node node = 1; }
            message Reply { int32 count = 1; }
            """);
    assertThat(cyclic.messages("Node", "Reply").contract().hash())
        .isEqualTo("v2:7ddd2780e628ae4cea93bc5e8bd31ad2e1a4187e1c2cac13ca0088d084140cb8");
    ProtoFile proto2 =
        ProtoFile.parse(
            """
            message In {
              required string a = 1; optional int32 b = 2 [default = 0x10]; repeated string c = 3;
            }
            message Out { optional bool ok = 1 [default = true]; }
            """);
    assertThat(proto2.messages("In", "Out").contract().hash())
        .isEqualTo("v2:6c81674e3cc9e83ae96edea1e1ba25d644557eab67e38016bfe0dbf2baded74a");
    ProtoFile alias =
        ProtoFile.parse(
            """
            syntax = "proto3"; package sb.vectors.alias;
            enum Status { option allow_alias = true; A = 0; B = 1; C = 1; D = 4; }
            message In { Status status = 1; }
            message Out { bool ok = 1; }
            """);
    assertThat(alias.messages("In", "Out").contract().hash())
        .isEqualTo("v2:1515e6a13183b4dc402e2b6521b6605052b038b1d162689b4872430ddf3f3067");
  }

  @Test
  void nestedTypesAndGroups_areMessages() {
    ProtoFile file =
        ProtoFile.parse(
            """
            syntax = "proto2"; package p;
            message Outer {
              message Inner { enum Kind { A = 0; } optional Kind kind = 1; optional Outer up = 2; }
              optional Inner inner = 1;
              repeated group Result = 2 { optional string url = 1; }
              map<int32, Inner> by_id = 3;
            }
            """);

    assertThat(ContractHash.canonical(file.messages("Outer", "Outer.Inner").input()))
        .isEqualTo(
            "{\"f\":[{\"c\":\"opt\",\"n\":1,\"t\":\"m:.p.Outer.Inner\"},"
                + "{\"c\":\"rep\",\"n\":2,\"t\":\"m:.p.Outer.Result\"},"
                + "{\"c\":\"map\",\"k\":\"int32\",\"n\":3,\"t\":\"m:.p.Outer.Inner\"}],"
                + "\"r\":{\".p.Outer\":{\"f\":[{\"c\":\"opt\",\"n\":1,\"t\":\"m:.p.Outer.Inner\"},"
                + "{\"c\":\"rep\",\"n\":2,\"t\":\"m:.p.Outer.Result\"},"
                + "{\"c\":\"map\",\"k\":\"int32\",\"n\":3,\"t\":\"m:.p.Outer.Inner\"}]},"
                + "\".p.Outer.Inner\":{\"f\":[{\"c\":\"opt\",\"n\":1,\"t\":\"e:.p.Outer.Inner.Kind\"},"
                + "{\"c\":\"opt\",\"n\":2,\"t\":\"m:.p.Outer\"}]},"
                + "\".p.Outer.Inner.Kind\":{\"e\":[0]},"
                + "\".p.Outer.Result\":{\"f\":[{\"c\":\"opt\",\"n\":1,\"t\":\"string\"}]}}}");
  }

  /** What protoc made of our own contract, and what we read from its text, are one contract. */
  @Test
  void ownContract_isReadAsProtocReadsIt() throws IOException {
    Path root = Path.of("..", "protocol", "src", "main", "proto");
    ProtoFile file = ProtoFile.load(root, "servicebridge/v1/registry.proto");

    assertThat(file.messages("RegisterRequest", "RegistryEvent").contract().hash())
        .isEqualTo(ContractHash.of(RegisterRequest.getDescriptor(), RegistryEvent.getDescriptor()));
  }

  @Test
  @Acceptance("SC-3")
  void fileWithoutServiceBlock_resolvesNamesOnly() {
    ProtoFile file = ProtoFile.parse("syntax = \"proto3\"; message A {} message B {}");

    assertThat(file.messages("A", "B").input().getName()).isEqualTo("A");
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> file.method("A"))
        .withMessageStartingWith("serde: cannot resolve input/output for A: ");
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> file.messages("A", "C"))
        .withMessageStartingWith("serde: cannot resolve input/output for C: ");
  }

  @Test
  void imports_areFoundBesideTheFile_andMustNotCircle(@TempDir Path directory) throws IOException {
    Files.createDirectories(directory.resolve("common"));
    Files.writeString(
        directory.resolve("common/money.proto"),
        "syntax = \"proto3\"; package common; message Money { int64 amount = 1; }");
    Files.writeString(
        directory.resolve("shop.proto"),
        "syntax = \"proto3\"; import public \"common/money.proto\"; message A { common.Money m = 1;"
            + " }");
    Files.writeString(
        directory.resolve("user.proto"),
        "syntax = \"proto3\"; import \"shop.proto\"; message B { A a = 1; common.Money m = 2; }");
    Files.writeString(directory.resolve("one.proto"), "import \"two.proto\";");
    Files.writeString(directory.resolve("two.proto"), "import \"one.proto\";");

    assertThat(ProtoFile.load(directory.resolve("user.proto")).messages("B", "B").input())
        .satisfies(b -> assertThat(ContractHash.canonical(b)).contains(".common.Money"));
    refused(() -> ProtoFile.load(directory.resolve("one.proto")), "imports itself: one.proto, two");
    refused(() -> ProtoFile.load(directory.resolve("none.proto")), "none.proto: no such file");
    refused(() -> ProtoFile.load(directory, "../one.proto"), "../one.proto: no such file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          message A { string a = 1 }                  | schema.proto:2:27: expected ';'
          message A { Missing a = 1; }                | "Missing" is not defined
          message A { int32 a = 1; int32 b = 1; }     | has already been used
          message A { int32 a = 0; }                  | schema.proto:2:13: number 0 (expected: 1 to
          message A { int32 a = 19500; }              | number 19500 (expected: 1 to 536870911
          message A { int32 a = 1; string a = 2; }    | A.a: "a" is already defined
          message A { map<float, int32> a = 1; }      | map key float (expected: integer, bool, str
          message A { required int32 a = 1; }         | 'required' label forbidden in proto3
          edition = "2023"; message A {}              | edition
          import "other.proto";                       | other.proto: no such file, imported by schema
          import "../../etc/passwd";                  | ../../etc/passwd: no such file
          service S { rpc Go(A) returns (B); }        | "A" is not defined
          enum E {}                                   | at least one value
          """)
  void badFile_isRefused_withItsPlace(String text, String expected) {
    refused(() -> ProtoFile.parse("syntax = \"proto3\";\n" + text), expected);
  }

  private static void refused(Runnable reading, String expected) {
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(reading::run)
        .withMessageStartingWith("serde: ")
        .withMessageContaining(expected);
  }

  @Test
  void deepNesting_isRefused() {
    refused(() -> ProtoFile.parse("message A {".repeat(50_000)), "schema.proto: ");
  }

  @Test
  void withoutWire_theErrorNamesTheArtifact() throws Exception {
    try (URLClassLoader without = new WithoutWire()) {
      Class<?> file = without.loadClass(ProtoFile.class.getName());

      Throwable failure =
          catchThrowable(() -> file.getMethod("parse", String.class).invoke(null, "message A {}"));

      assertThat(failure)
          .cause()
          .hasMessageContaining("com.squareup.wire:wire-schema-jvm")
          .satisfies(
              e ->
                  assertThat(e.getClass().getName())
                      .isEqualTo(ConfigurationException.class.getName()));
    }
  }

  /** The classes of the SDK once more, as if Wire were not there. */
  private static final class WithoutWire extends URLClassLoader {
    WithoutWire() {
      super(new URL[] {code(ProtoFile.class)}, ProtoFileTest.class.getClassLoader());
    }

    private static URL code(Class<?> type) {
      return Objects.requireNonNull(type.getProtectionDomain().getCodeSource()).getLocation();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("com.squareup.")) {
        throw new ClassNotFoundException(name);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        return known != null
            ? known
            : name.startsWith("io.trestle.sdk.") ? findClass(name) : super.loadClass(name, resolve);
      }
    }
  }

  /** Whatever the text is, there is a file or a message that names what is wrong. */
  @Property(tries = 1_500)
  void anyText_isAFileOrRefused(@ForAll long seed) {
    String text = damaged(new Random(seed));

    Throwable thrown =
        catchThrowable(
            () ->
                ProtoFile.parse(text)
                    .descriptor()
                    .getMessageTypes()
                    .forEach(ContractHash::canonical));

    if (thrown != null) {
      assertThat(thrown).isInstanceOf(ConfigurationException.class);
      assertThat(thrown).hasMessageStartingWith("serde: ");
    }
  }

  private static String damaged(Random random) {
    String[] pieces = {
      "{",
      "}",
      ";",
      "=",
      "\"",
      "<",
      ">",
      ",",
      "[",
      "]",
      "message",
      "oneof x {",
      "repeated",
      "map<",
      "99999999999",
      "-1",
      "0x",
      "/*",
      "//",
      "\0",
      "import",
      "group G = 1 {",
      "reserved",
      "extend A {",
      "option (x) = {",
      "é",
      "service",
      "stream",
      "'",
      "\\",
      "to max",
      "edition",
      "enum"
    };
    StringBuilder damaged = new StringBuilder(COMPLEX);
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(damaged.length());
      int end = Math.min(damaged.length(), at + random.nextInt(12));
      damaged.replace(at, end, random.nextInt(3) == 0 ? "" : pieces[random.nextInt(pieces.length)]);
    }
    return damaged.toString();
  }
}
