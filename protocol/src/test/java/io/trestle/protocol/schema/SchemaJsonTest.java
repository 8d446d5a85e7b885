package io.trestle.protocol.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.trestle.Acceptance;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaJsonTest {
  private static final String VECTOR =
      """
      {"input": {"PlaceOrder": {
         "userId": {"type": "string", "fieldNumber": 1},
         "items": {"type": "array", "fieldNumber": 2, "array": {"type": "object", "nested": {
            "sku": {"type": "string", "fieldNumber": 1},
            "qty": {"type": "int32", "fieldNumber": 2}}}},
         "metadata": {"type": "object", "fieldNumber": 3, "nested": {
            "source": {"type": "string", "fieldNumber": 1}}},
         "tags": {"type": "array", "fieldNumber": 4, "array": {"type": "string"}}}},
       "output": {"Receipt": {
         "orderId": {"type": "string", "fieldNumber": 1},
         "total": {"type": "double", "fieldNumber": 2}}}}
      """;
  private static final String HASH =
      "v2:73d96bf228f0b38e536c4211e5e0c94465faba969b1b0446c0c8f0870cf8f4f0";

  @Test
  @Acceptance({"SC-1", "SC-2"})
  void vector_hasItsHash_alsoWithLeavesRenamed() {
    assertThat(SchemaJson.parse(VECTOR).hash()).isEqualTo(HASH);
    String renamed =
        VECTOR
            .replace("userId", "a")
            .replace("sku", "b")
            .replace("qty", "c")
            .replace("source", "d")
            .replace("tags", "e")
            .replace("orderId", "f")
            .replace("total", "g")
            .replace("PlaceOrder", "h");
    assertThat(SchemaJson.parse(renamed).hash()).isEqualTo(HASH);
    assertThat(SchemaJson.parse(VECTOR.replace("metadata", "meta")).hash()).isNotEqualTo(HASH);
  }

  @Test
  @Acceptance("SC-1")
  void vector_hasItsCanonicalText() {
    assertThat(ContractHash.canonical(SchemaJson.parse(VECTOR).input()))
        .isEqualTo(
            "{\"f\":[{\"c\":\"opt\",\"n\":1,\"t\":\"string\"},"
                + "{\"c\":\"rep\",\"n\":2,\"t\":\"m:.Input_items_elem\"},"
                + "{\"c\":\"opt\",\"n\":3,\"t\":\"m:.Input_metadata\"},"
                + "{\"c\":\"rep\",\"n\":4,\"t\":\"string\"}],"
                + "\"r\":{\".Input_items_elem\":{\"f\":["
                + "{\"c\":\"opt\",\"n\":1,\"t\":\"string\"},"
                + "{\"c\":\"opt\",\"n\":2,\"t\":\"int32\"}]},"
                + "\".Input_metadata\":{\"f\":[{\"c\":\"opt\",\"n\":1,\"t\":\"string\"}]}}}");
  }

  @Test
  @Acceptance("SC-7")
  void eventHash_isTheSameWithAnyReply() {
    String other = VECTOR.replace("\"double\"", "\"bytes\"");
    assertThat(ContractHash.ofEvent(SchemaJson.parse(other).input()))
        .isEqualTo(ContractHash.ofEvent(SchemaJson.parse(VECTOR).input()));
    assertThat(SchemaJson.parse(other).hash()).isNotEqualTo(HASH);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {'type': 'string'}                              | input.M.x.fieldNumber: missing (expected: 1 to
          {'type': 'string', 'fieldNumber': 0}            | input.M.x.fieldNumber: 0 (expected: 1 to
          {'type': 'string', 'fieldNumber': 19000}        | input.M.x.fieldNumber: 19000 (expected: 1 to
          {'type': 'string', 'fieldNumber': 536870912}    | input.M.x.fieldNumber: 536870912 (exp
          {'type': 'string', 'fieldNumber': 1.5}          | input.M.x.fieldNumber: 1.5 (expected
          {'type': 'string', 'fieldNumber': '1'}          | input.M.x.fieldNumber: "1" (expected
          {'type': 'string', 'fieldNumber': 9}            | input.M.x.fieldNumber: 9 (expected: a number that is not that of y
          {'fieldNumber': 1}                              | input.M.x.type: missing (expected: one of string, bool,
          {'type': 'money', 'fieldNumber': 1}             | input.M.x.type: "money" (expected: one of string, bool,
          {'type': 'object', 'fieldNumber': 1}            | input.M.x.nested: missing (expected: an object
          {'type': 'object', 'fieldNumber': 1, 'nested': {'z': {'type': 'bool'}}} | input.M.x.nested.z.fieldNumber: missing
          {'type': 'array', 'fieldNumber': 1}             | input.M.x.array: missing (expected: an object
          {'type': 'array', 'fieldNumber': 1, 'array': {'type': 'array'}} | input.M.x.array.type: "array" (expected
          {'type': 'string', 'fieldNumber': 1, 'nested': {}} | input.M.x.nested: present (expected: only with type object
          {'type': 'object', 'fieldNumber': 1, 'nested': {}, 'array': {'type': 'bool'}} | input.M.x.array: present
          {'type': 'object', 'fieldNumber': 1, 'nested': []} | input.M.x.nested: an array (expected: an object
          7                                               | input.M.x: 7 (expected: an object
          """)
  @Acceptance("SC-5")
  void badProperty_isRefused_withItsPlace(String property, String expected) {
    String text =
        "{'input': {'M': {'y': {'type': 'bool', 'fieldNumber': 9}, 'x': %s}}, 'output': {'M': {}}}"
            .formatted(property)
            .replace('\'', '"');

    assertThatExceptionOfType(SchemaException.class)
        .isThrownBy(() -> SchemaJson.parse(text))
        .withMessageStartingWith("serde: " + expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {                                               | serde: not JSON: "Unexpected end-of-input
          {'input': {'M': {}}}                            | serde: output: missing (expected: an object)
          {'input': {}, 'output': {'M': {}}}              | serde: input: 0 messages (expected: exactly one
          {'input': {'M': {}, 'N': {}}, 'output': {}}     | serde: input: 2 messages (expected: exactly one
          []                                              | serde: the file: an array (expected: an object)
          {'input': {'M': {'a-b': {}}}, 'output': {}}     | serde: input.M.a-b: this name (expected: letters
          {'input': {'M': {'a': {'type': 'bool', 'fieldNumber': 1}, 'a': 2}}} | serde: not JSON: "Duplicate field 'a'"
          """)
  void badFile_isRefused_withItsPlace(String file, String expected) {
    String text = file.replace('\'', '"');

    assertThat(String.valueOf(catchThrowable(() -> SchemaJson.parse(text)).getMessage()))
        .startsWith(expected);
  }

  @Test
  void twoPlaces_withOneName_areRefused() {
    String text =
        """
        {"input": {"M": {
           "a": {"type": "array", "fieldNumber": 1, "array": {"type": "object", "nested": {}}},
           "a_elem": {"type": "object", "fieldNumber": 2, "nested": {}}}}, "output": {"M": {}}}
        """;

    assertThatExceptionOfType(SchemaException.class)
        .isThrownBy(() -> SchemaJson.parse(text))
        .withMessageContaining("input.M.a_elem.nested: a message named Input_a_elem");
  }

  /** Whatever the text is, there is a schema or a message that names what is wrong. */
  @Property(tries = 3_000)
  void anyText_isASchemaOrRefused(@ForAll long seed) {
    String text = damaged(VECTOR, new Random(seed));

    Throwable thrown = catchThrowable(() -> SchemaJson.parse(text).hash());

    if (thrown != null) {
      assertThat(thrown).isInstanceOf(SchemaException.class).hasMessageStartingWith("serde: ");
      assertThat(thrown.getMessage()).hasSizeLessThan(600);
    }
  }

  private static String damaged(String text, Random random) {
    String[] pieces = {
      "{",
      "}",
      "[",
      "]",
      "\"",
      ",",
      ":",
      "\"type\"",
      "\"fieldNumber\"",
      "\"nested\":{}",
      "null",
      "1e999999999",
      "-1",
      "\\u0000",
      "\"array\"",
      "\"object\"",
      "é",
      "[[[[",
      "true",
      "\n"
    };
    StringBuilder damaged = new StringBuilder(text);
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(damaged.length());
      int end = Math.min(damaged.length(), at + random.nextInt(12));
      damaged.replace(at, end, random.nextInt(3) == 0 ? "" : pieces[random.nextInt(pieces.length)]);
    }
    return damaged.toString();
  }
}
