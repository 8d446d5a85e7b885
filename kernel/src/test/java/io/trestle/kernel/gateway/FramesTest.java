package io.trestle.kernel.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.trestle.protocol.StatusCode;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class FramesTest {
  @Property(tries = 300)
  void messages_inAnyPieces_comeOutAsTheyWentIn(
      @ForAll @Size(max = 8) List<@Size(max = 200) byte[]> messages,
      @ForAll @IntRange(min = 1, max = 64) int piece) {
    Buffer wire = Buffer.buffer();
    messages.forEach(message -> wire.appendBuffer(Frames.frame(message)));
    Frames frames = new Frames(1000);
    List<byte[]> read = new ArrayList<>();
    for (int at = 0; at < wire.length(); at += piece) {
      frames.add(wire.getBuffer(at, Math.min(at + piece, wire.length())));
      for (Buffer next = frames.next(); next != null; next = frames.next()) {
        read.add(next.getBytes());
      }
    }
    assertThat(read.toArray()).isEqualTo(messages.toArray());
    assertThat(frames.held()).isZero();
  }

  @Property(tries = 60)
  void largeMessages_inSmallAndLargePieces_comeOutAsTheyWentIn(
      @ForAll @Size(min = 1, max = 3) List<@IntRange(max = 100_000) Integer> lengths,
      @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 20_000) Integer> pieces,
      @ForAll @IntRange(max = 200) int small) {
    Buffer wire = Buffer.buffer();
    List<byte[]> messages = new ArrayList<>();
    for (int length : lengths) {
      byte[] message = new byte[length];
      new Random(length).nextBytes(message);
      messages.add(message);
      wire.appendBuffer(Frames.frame(message));
    }
    Frames frames = new Frames(1 << 20);
    List<Buffer> read = new ArrayList<>();
    int start = 0;
    for (int i = 0; start < wire.length(); i++) {
      int piece = i < small ? i % 3 + 1 : pieces.get(i % pieces.size());
      int end = Math.min(wire.length(), start + piece);
      frames.add(wire.getBuffer(start, end));
      for (Buffer next = frames.next(); next != null; next = frames.next()) {
        read.add(next);
      }
      start = end;
    }
    assertThat(read.stream().map(Buffer::getBytes).toArray()).isEqualTo(messages.toArray());
    assertThat(frames.held()).isZero();
  }

  @Test
  void partialMessage_isHeldByWhatArrived() {
    Frames frames = new Frames(1 << 30);
    frames.add(Buffer.buffer().appendByte((byte) 0).appendInt(1 << 30).appendBytes(new byte[10]));
    assertThat(frames.next()).isNull();
    assertThat(frames.held()).isEqualTo(15);
  }

  @Test
  void length_abovetheLimit_isRefusedAndReadUnsigned() {
    assertThat(status(0, 101)).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);
    assertThat(status(0, -1)).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);
    assertThat(status(1, 1)).isEqualTo(StatusCode.UNIMPLEMENTED);
    assertThat(status(3, 1)).isEqualTo(StatusCode.INVALID_ARGUMENT);
  }

  private static StatusCode status(int flags, int length) {
    Frames frames = new Frames(100);
    frames.add(Buffer.buffer().appendByte((byte) flags).appendInt(length));
    GrpcFailure failure = catchThrowableOfType(GrpcFailure.class, frames::next);
    return failure.status();
  }
}
