package io.trestle.kernel.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Fuzz;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** What strangers send as frames is taken apart, or refused with a status; it never just throws. */
class FramesFuzzTest {
  private static final int MAX_MESSAGE = 200;
  private static final List<byte[]> FRAMES =
      List.of(
          Frames.frame(new byte[0]).getBytes(),
          Frames.frame(new byte[] {1, 2, 3}).getBytes(),
          Frames.frame(new byte[MAX_MESSAGE]).getBytes(),
          new byte[] {1, 0, 0, 0, 1, 7},
          new byte[] {0, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff});

  @Property(tries = Fuzz.TRIES)
  void frames_inChunksOfAnySize_areWhatTheyAreInOne(@ForAll Random random) {
    Fuzz.bytes(
        random,
        FRAMES,
        input -> {
          List<String> whole = read(input, Math.max(1, input.length));
          assertThat(read(input, 1 + random.nextInt(40))).isEqualTo(whole);
        });
  }

  /** The messages, and with which status it ended. */
  private static List<String> read(byte[] input, int chunk) {
    Frames frames = new Frames(MAX_MESSAGE);
    List<String> seen = new ArrayList<>();
    try {
      for (int at = 0; at < input.length; at += chunk) {
        frames.add(Buffer.buffer(input).getBuffer(at, Math.min(input.length, at + chunk)));
        for (Buffer next = frames.next(); next != null; next = frames.next()) {
          assertThat(next.length()).isLessThanOrEqualTo(MAX_MESSAGE);
          seen.add(next.toString("ISO-8859-1"));
        }
        assertThat(frames.held()).isLessThanOrEqualTo(input.length);
      }
      seen.add("held " + frames.held());
    } catch (GrpcFailure e) {
      seen.add(e.getMessage());
    }
    return seen;
  }
}
