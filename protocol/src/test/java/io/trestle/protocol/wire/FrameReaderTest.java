package io.trestle.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.trestle.protocol.StatusCode;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class FrameReaderTest {
  private static final int MAX_FRAME = 16_384;

  @Property(tries = 300)
  void messages_comeWhole_howeverTheyAreCut(
      @ForAll @Size(max = 5) List<byte[]> messages,
      @ForAll @IntRange(min = 1, max = 17) int chunk) {
    Buffer stream = Buffer.buffer();
    messages.forEach(m -> stream.appendByte((byte) 0).appendInt(m.length).appendBytes(m));
    FrameReader reader = new FrameReader(1 << 20);
    List<byte[]> read = new ArrayList<>();

    for (int i = 0; i < stream.length(); i += chunk) {
      ByteBuf part = part(stream, i, Math.min(stream.length(), i + chunk));
      assertThat(reader.read(part, m -> read.add(ByteBufUtil.getBytes(m)))).isNull();
    }

    assertThat(read).hasSameSizeAs(messages);
    for (int i = 0; i < read.size(); i++) {
      assertThat(read.get(i)).isEqualTo(messages.get(i));
    }
    assertThat(reader.clean()).isTrue();
  }

  @Property(tries = 60)
  void largeMessage_inSmallAndLargePieces_isWhole(
      @ForAll @IntRange(min = 1, max = 200_000) int length,
      @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 20_000) Integer> pieces) {
    byte[] message = new byte[length];
    new Random(length).nextBytes(message);
    Buffer stream = Buffer.buffer().appendByte((byte) 0).appendInt(length).appendBytes(message);
    FrameReader reader = new FrameReader(1 << 20);
    List<byte[]> read = new ArrayList<>();
    int start = 0;
    for (int i = 0; start < stream.length(); i++) {
      int piece = i < 200 ? i % 3 + 1 : pieces.get(i % pieces.size());
      int end = Math.min(stream.length(), start + piece);
      reader.read(part(stream, start, end), m -> read.add(ByteBufUtil.getBytes(m)));
      start = end;
    }
    assertThat(read).singleElement().isEqualTo(message);
    assertThat(reader.clean()).isTrue();
  }

  @Test
  void messageInLargePieces_isWhole() {
    byte[] message = new byte[1_000_003];
    message[999_999] = 9;
    Buffer stream = Buffer.buffer().appendByte((byte) 0).appendInt(message.length);
    FrameReader reader = new FrameReader(1 << 20);
    List<byte[]> read = new ArrayList<>();
    reader.read(part(stream, 0, stream.length()), m -> read.add(ByteBufUtil.getBytes(m)));
    for (int i = 0; i < message.length; i += 16_384) {
      int end = Math.min(message.length, i + 16_384);
      reader.read(
          Unpooled.wrappedBuffer(message, i, end - i), m -> read.add(ByteBufUtil.getBytes(m)));
    }
    assertThat(read).singleElement().isEqualTo(message);
  }

  @Test
  void compressedMessage_isRefusedByItsFlag() {
    assertThat(refusal(1, 3)).isEqualTo(StatusCode.UNIMPLEMENTED);
  }

  @Test
  void unknownFlag_isMalformed() {
    assertThat(refusal(7, 3)).isEqualTo(StatusCode.INTERNAL);
  }

  @Test
  void tooLargeMessage_isRefusedByItsLength_alsoANegativeOne() {
    assertThat(refusal(0, 101)).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);
    assertThat(refusal(0, -1)).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);
  }

  @Test
  void endWithinAMessage_isNotClean() {
    FrameReader reader = new FrameReader(100);
    reader.read(Unpooled.wrappedBuffer(new byte[] {0, 0}), m -> fail("none is complete"));
    assertThat(reader.clean()).isFalse();
  }

  @Property(tries = 60)
  void abandonedMessage_givesEverythingBack(
      @ForAll @Size(min = 1, max = 40) List<@IntRange(min = 1, max = 20_000) Integer> pieces) {
    FrameReader reader = new FrameReader(1 << 20);
    List<ByteBuf> chunks = new ArrayList<>();
    reader.read(Unpooled.wrappedBuffer(new byte[] {0, 0, 15, -1, -1}), m -> fail("not complete"));
    for (int piece : pieces) {
      ByteBuf chunk = Unpooled.directBuffer(piece).writeZero(piece);
      chunks.add(chunk);
      reader.read(chunk, m -> {});
    }

    reader.close();

    assertThat(chunks).allMatch(chunk -> chunk.refCnt() == 1);
    chunks.forEach(ByteBuf::release);
  }

  @Example
  void memory_framesOfOneByteAndOfFourKibibytesInTurn_isNoMoreThanTwiceWhatArrived() {
    memory_followsWhatHasArrived_whateverTheFramesAre(List.of(1, 4096));
  }

  @Property(tries = 40)
  void memory_followsWhatHasArrived_whateverTheFramesAre(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 1, max = 16_384) Integer> frames) {
    int length = 1 << 20;
    FrameReader reader = new FrameReader(length);
    reader.read(Unpooled.buffer().writeByte(0).writeInt(length), m -> fail("not complete"));
    byte[] bytes = new byte[MAX_FRAME];
    int arrived = 0;
    for (int i = 0; arrived + MAX_FRAME < length; i++) {
      int size = frames.get(i % frames.size());
      reader.read(Unpooled.wrappedBuffer(bytes, 0, size), m -> fail("not complete"));
      arrived += size;
      if (i % 64 == 0) {
        assertThat(reader.held()).isLessThanOrEqualTo(2 * arrived + 8 * MAX_FRAME);
      }
    }
    assertThat(reader.held()).isLessThanOrEqualTo(2 * arrived + 8 * MAX_FRAME);
    reader.close();
  }

  private static ByteBuf part(Buffer stream, int from, int to) {
    return Unpooled.wrappedBuffer(stream.getBytes(from, to));
  }

  private static StatusCode refusal(int flag, int length) {
    FrameReader reader = new FrameReader(100);
    Buffer head = Buffer.buffer().appendByte((byte) flag).appendInt(length);
    CallStatus refusal = reader.read(part(head, 0, head.length()), m -> fail("none is complete"));
    assertThat(refusal).isNotNull();
    return refusal.code();
  }
}
