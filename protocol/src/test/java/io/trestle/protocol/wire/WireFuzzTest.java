package io.trestle.protocol.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.trestle.Fuzz;
import io.trestle.protocol.StatusCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Strangers send what they like: the readers of bytes refuse it, and nothing else happens. */
class WireFuzzTest {
  private static final int MAX_MESSAGE = 200;
  private static final List<byte[]> FRAMES =
      List.of(
          new byte[] {0, 0, 0, 0, 0},
          new byte[] {0, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 1, 9},
          frame(new byte[MAX_MESSAGE]),
          new byte[] {1, 0, 0, 0, 1, 7},
          new byte[] {0, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff});

  private static byte[] frame(byte[] message) {
    ByteBuf frame = Unpooled.buffer().writeByte(0).writeInt(message.length).writeBytes(message);
    return ByteBufUtil.getBytes(frame);
  }

  @Property(tries = Fuzz.TRIES)
  void frames_inChunksOfAnySize_areWhatTheyAreInOne(@ForAll Random random) {
    Fuzz.bytes(random, FRAMES, input -> assertThat(pieces(input, random)).isEqualTo(whole(input)));
  }

  /** The messages and how it ended, from one chunk. */
  private static List<String> whole(byte[] input) {
    return read(List.of(Unpooled.wrappedBuffer(input)));
  }

  private static List<String> pieces(byte[] input, Random random) {
    List<ByteBuf> chunks = new ArrayList<>();
    for (int at = 0; at < input.length; ) {
      int to = Math.min(input.length, at + 1 + random.nextInt(40));
      chunks.add(Unpooled.copiedBuffer(input, at, to - at));
      at = to;
    }
    return read(chunks);
  }

  private static List<String> read(List<ByteBuf> chunks) {
    FrameReader reader = new FrameReader(MAX_MESSAGE);
    List<String> seen = new ArrayList<>();
    CallStatus refusal = null;
    for (ByteBuf chunk : chunks) {
      refusal =
          reader.read(
              chunk,
              message -> {
                assertThat(message.readableBytes()).isLessThanOrEqualTo(MAX_MESSAGE);
                seen.add(ByteBufUtil.hexDump(message));
              });
      assertThat(reader.held()).isLessThan(64 << 10);
    }
    if (refusal != null) {
      assertThat(refusal.code())
          .isIn(StatusCode.UNIMPLEMENTED, StatusCode.INTERNAL, StatusCode.RESOURCE_EXHAUSTED);
    }
    seen.add(reader.clean() + " " + refusal);
    reader.close();
    chunks.forEach(ByteBuf::release);
    return seen;
  }

  private static List<byte[]> messages() {
    UnknownFieldSet.Field texts =
        UnknownFieldSet.Field.newBuilder()
            .addLengthDelimited(ByteString.copyFromUtf8("grüße 🚂"))
            .addLengthDelimited(ByteString.EMPTY)
            .build();
    UnknownFieldSet.Field numbers =
        UnknownFieldSet.Field.newBuilder()
            .addVarint(-1)
            .addVarint(300)
            .addFixed32(7)
            .addFixed64(8)
            .build();
    UnknownFieldSet inner = UnknownFieldSet.newBuilder().addField(1, texts).build();
    UnknownFieldSet.Field group = UnknownFieldSet.Field.newBuilder().addGroup(inner).build();
    return List.of(
        inner.toByteArray(),
        UnknownFieldSet.newBuilder()
            .addField(2, numbers)
            .addField(3, group)
            .addField(536_870_911, texts)
            .build()
            .toByteArray(),
        new byte[0]);
  }

  @Property(tries = Fuzz.TRIES)
  void fields_areThoseOfProtobufsOwnReader(@ForAll Random random) {
    Fuzz.bytes(random, messages(), input -> assertThat(ours(input)).isEqualTo(theirs(input)));
  }

  /** The texts and bytes in their order within each field, or that there is no message. */
  private static String ours(byte[] input) {
    FieldReader in = new FieldReader(Unpooled.wrappedBuffer(input));
    UnknownFieldSet.Builder seen = UnknownFieldSet.newBuilder();
    try {
      for (int field = in.next(); field != 0; field = in.next()) {
        UnknownFieldSet.Field value =
            UnknownFieldSet.Field.newBuilder()
                .addLengthDelimited(ByteString.copyFrom(in.bytes()))
                .build();
        seen.mergeField(field, value);
      }
      return seen.build().toString();
    } catch (InvalidProtocolBufferException e) {
      return "malformed";
    }
  }

  private static String theirs(byte[] input) {
    try {
      CodedInputStream in = Fuzz.strictly(input);
      UnknownFieldSet all = UnknownFieldSet.parseFrom(in);
      in.checkLastTagWas(0);
      UnknownFieldSet.Builder texts = UnknownFieldSet.newBuilder();
      all.asMap()
          .forEach(
              (number, field) -> {
                if (!field.getLengthDelimitedList().isEmpty()) {
                  UnknownFieldSet.Field.Builder kept = UnknownFieldSet.Field.newBuilder();
                  field.getLengthDelimitedList().forEach(kept::addLengthDelimited);
                  texts.addField(number, kept.build());
                }
              });
      return texts.build().toString();
    } catch (IOException e) {
      return "malformed";
    }
  }

  @Property(tries = Fuzz.TRIES)
  void numbersAndTexts_areReadOrRefused(@ForAll Random random) {
    Fuzz.bytes(
        random,
        messages(),
        input -> {
          FieldReader in = new FieldReader(Unpooled.wrappedBuffer(input));
          try {
            int field = in.nextOrNumber();
            while (field != 0) {
              readOne(in, field);
              field = in.nextOrNumber();
            }
          } catch (InvalidProtocolBufferException e) {
            assertThat(e).hasMessageNotContaining("null");
          }
        });
  }

  private static void readOne(FieldReader in, int field) throws InvalidProtocolBufferException {
    assertThat(field).isPositive();
    if (in.isNumber()) {
      in.skip();
    } else if (field % 2 == 0) {
      FieldReader inner = in.message();
      for (int next = inner.next(); next != 0; next = inner.next()) {
        inner.skip();
      }
    } else {
      String text = in.text();
      assertThat(new String(text.getBytes(UTF_8), UTF_8)).isEqualTo(text);
    }
  }
}
