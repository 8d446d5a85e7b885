package io.trestle.protocol.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import io.trestle.Acceptance;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class JsonViewsTest {
  private static final Descriptor ORDER =
      Shapes.named("shop", "field_")
          .enumeration("Kind", 0, 1)
          .message("Money", "1:int64")
          .message(
              "Order",
              "1:int64 2:uint64 3:bytes 4:Kind 5:[int32] 6:map<int64,Money> 7:?string 8:Money"
                  + " 9:uint32 10:float 11:Order 12:string@pick 13:[Kind] 14:double")
          .get("Order");

  private static FieldDescriptor field(int number) {
    return Objects.requireNonNull(ORDER.findFieldByNumber(number));
  }

  @Test
  void mirror_ofAnEmptyMessage_isEmpty() {
    assertThat(JsonMirror.of(DynamicMessage.getDefaultInstance(ORDER))).isEqualTo("{}");
  }

  @Test
  @Acceptance("SC-6")
  void mirror_showsWhatIsSet_longsAsStrings() {
    DynamicMessage money =
        DynamicMessage.newBuilder(field(8).getMessageType())
            .setField(field(8).getMessageType().findFieldByNumber(1), 9007199254740993L)
            .build();
    DynamicMessage entry =
        DynamicMessage.newBuilder(field(6).getMessageType())
            .setField(field(6).getMessageType().findFieldByNumber(1), -1L)
            .setField(field(6).getMessageType().findFieldByNumber(2), money)
            .build();
    DynamicMessage order =
        DynamicMessage.newBuilder(ORDER)
            .setField(field(1), 9007199254740993L)
            .setField(field(2), -1L)
            .setField(field(3), ByteString.copyFrom(new byte[] {-1, 0}))
            .setField(field(4), field(4).getEnumType().findValueByNumber(1))
            .setField(field(5), List.of(0, -7))
            .addRepeatedField(field(6), entry)
            .setField(field(7), "")
            .setField(field(8), DynamicMessage.getDefaultInstance(field(8).getMessageType()))
            .setField(field(9), -1)
            .setField(field(10), Float.NaN)
            .setField(field(12), "\"quoted\"")
            .addRepeatedField(
                field(13), field(13).getEnumType().findValueByNumberCreatingIfUnknown(9))
            .setField(field(14), 0.5)
            .build();

    assertThat(JsonMirror.of(order))
        .isEqualTo(
            "{\"field1\":\"9007199254740993\",\"field2\":\"18446744073709551615\","
                + "\"field3\":\"/wA=\",\"field4\":\"Kind1\",\"field5\":[0,-7],"
                + "\"field6\":{\"-1\":{\"field1\":\"9007199254740993\"}},\"field7\":\"\","
                + "\"field8\":{},\"field9\":4294967295,\"field10\":\"NaN\","
                + "\"field12\":\"\\\"quoted\\\"\",\"field13\":[9],\"field14\":0.5}");
  }

  @Test
  void schema_describesTheMirror_andEndsInItself() {
    assertThat(new String(JsonSchema.of(ORDER), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"type\":\"object\",\"title\":\"shop.Order\",\"properties\":{"
                + "\"field1\":{\"type\":\"string\",\"format\":\"int64\"},"
                + "\"field2\":{\"type\":\"string\",\"format\":\"uint64\"},"
                + "\"field3\":{\"type\":\"string\",\"contentEncoding\":\"base64\"},"
                + "\"field4\":{\"type\":\"string\",\"enum\":[\"Kind0\",\"Kind1\"]},"
                + "\"field5\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},"
                + "\"field6\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\","
                + "\"title\":\"shop.Money\",\"properties\":{\"field1\":{\"type\":\"string\","
                + "\"format\":\"int64\"}}}},"
                + "\"field7\":{\"type\":\"string\"},"
                + "\"field8\":{\"type\":\"object\",\"title\":\"shop.Money\",\"properties\":{"
                + "\"field1\":{\"type\":\"string\",\"format\":\"int64\"}}},"
                + "\"field9\":{\"type\":\"integer\"},\"field10\":{\"type\":\"number\"},"
                + "\"field11\":{\"type\":\"object\",\"title\":\"shop.Order\"},"
                + "\"field12\":{\"type\":\"string\"},"
                + "\"field13\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
                + "\"enum\":[\"Kind0\",\"Kind1\"]}},\"field14\":{\"type\":\"number\"}}}");
  }

  @Test
  void schema_ofManyDiamonds_staysSmall() {
    Shapes diamonds = Shapes.of("diamonds");
    for (int i = 0; i < 40; i++) {
      diamonds.message("M" + i, "1:M" + (i + 1) + " 2:M" + (i + 1));
    }

    assertThat(JsonSchema.of(diamonds.message("M40", "1:bool").get("M0"))).hasSizeLessThan(60_000);
  }
}
