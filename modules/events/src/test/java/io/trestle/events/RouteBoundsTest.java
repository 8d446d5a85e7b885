package io.trestle.events;

import static io.trestle.events.RouteRig.head;
import static io.trestle.events.RouteRig.readAnswer;
import static io.trestle.events.RouteRig.readToEnd;
import static io.trestle.events.RouteRig.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Promise;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What requests below {@code /events} may hold: bytes of bodies, time for bodies and answers. */
class RouteBoundsTest {
  private static final long ROOMY = 64L << 20;
  private static final long NEVER = 3_600_000;
  private static final int SHARE = 4_000;

  @ParameterizedTest
  @ValueSource(strings = {"/events", "/events/subscriptions/a/pull?waitMs=0"})
  void body_thatTrickles_isEndedWith408_andItsConnectionIsCut(String path) throws IOException {
    try (RouteRig rig = new RouteRig(ROOMY, 200, NEVER);
        Socket socket = rig.connect()) {
      send(socket, head(path, "t", 100) + "0123456789");

      String answer = readToEnd(socket);

      assertThat(answer).startsWith("HTTP/1.1 408").contains("expected: all of it in 200 ms");
      assertThat(rig.published).isEmpty();
    }
  }

  @Test
  void body_thatTrickled_givesItsRoomBack() throws IOException {
    try (RouteRig rig = new RouteRig(Room.SHARES * SHARE, 200, NEVER)) {
      for (int i = 0; i < 3; i++) {
        try (Socket socket = rig.connect()) {
          send(socket, head("/events", "t", SHARE + 1) + "x".repeat(SHARE));
          assertThat(readToEnd(socket)).startsWith("HTTP/1.1 408");
        }
      }
    }
  }

  @Test
  void bodies_thatAreAnnouncedAndDoNotCome_reserveNothing() throws IOException {
    try (RouteRig rig = new RouteRig(ROOMY, NEVER, NEVER)) {
      List<Socket> silent = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        Socket socket = rig.connect();
        silent.add(socket);
        send(socket, head("/events", "t", CloudEventsRoute.MAX_BODY) + "0123456789");
      }
      await().until(() -> rig.checked.get() == 40);
      try (Socket socket = rig.connect()) {
        send(socket, head("/events", "t", 4) + "body");
        assertThat(readAnswer(socket)).startsWith("HTTP/1.1 202").contains("accepted");
      }
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void body_thatIsAnnouncedTooLarge_isRefusedBeforeItComes() throws IOException {
    try (RouteRig rig = new RouteRig(ROOMY, NEVER, NEVER);
        Socket socket = rig.connect()) {
      send(socket, head("/events", "t", CloudEventsRoute.MAX_BODY + 1));

      assertThat(readAnswer(socket)).startsWith("HTTP/1.1 413").contains("at most 8388608 bytes");
    }
  }

  /** It takes as long as whoever was refused has to end the body. */
  @Test
  void bodyThatWasRefused_mustEndSoon_orItsConnectionIsCut() throws IOException {
    int tooLarge = CloudEventsRoute.MAX_BODY + 1;
    try (RouteRig rig = new RouteRig(ROOMY, NEVER, NEVER);
        Socket trickling = rig.connect();
        Socket ending = rig.connect()) {
      send(ending, head("/events", "t", tooLarge));
      assertThat(readAnswer(ending)).startsWith("HTTP/1.1 413");
      send(ending, "x".repeat(tooLarge));
      send(trickling, head("/events", "t", tooLarge) + "x");
      assertThat(readToEnd(trickling)).startsWith("HTTP/1.1 413");

      send(ending, head("/events", "t", 4) + "body");
      assertThat(readAnswer(ending)).startsWith("HTTP/1.1 202");
    }
  }

  @Test
  void flood_ofOneService_isAnswered503_untilItsEventsAreStored_andOthersAreLetIn()
      throws IOException {
    try (RouteRig rig = new RouteRig(Room.SHARES * SHARE, NEVER, NEVER);
        Socket first = rig.connect();
        Socket second = rig.connect();
        Socket third = rig.connect();
        Socket other = rig.connect()) {
      Promise<Void> storing = Promise.promise();
      rig.storing = storing.future();
      send(first, head("/events", "t", SHARE) + "x".repeat(SHARE));
      await().until(() -> rig.published.size() == 1);

      send(second, head("/events", "t", 1) + "x");
      assertThat(readAnswer(second))
          .startsWith("HTTP/1.1 503")
          .containsIgnoringCase("retry-after: 1")
          .contains("too many requests are being read, try again");
      send(other, head("/events", "u", SHARE) + "x".repeat(SHARE));
      await().until(() -> rig.published.size() == 2);

      storing.complete();
      assertThat(readAnswer(first)).startsWith("HTTP/1.1 202");
      assertThat(readAnswer(other)).startsWith("HTTP/1.1 202");
      send(third, head("/events", "t", SHARE) + "x".repeat(SHARE));
      assertThat(readAnswer(third)).startsWith("HTTP/1.1 202");
    }
  }

  @Test
  void answer_thatIsNotTaken_isCut_andGivesItsRoomBack() throws IOException {
    int large = 15 << 20; // of 16 MiB that one service may have
    try (RouteRig rig = new RouteRig(ROOMY, NEVER, 500)) {
      rig.pulled = new byte[large];
      for (int i = 0; i < 2; i++) {
        try (Socket socket = rig.connect()) {
          send(socket, head("/events/subscriptions/a/pull?waitMs=0", "t", 0));
          int before = i;
          await().until(() -> rig.closed.get() > before);

          assertThat(readUntilCut(socket)).startsWith("HTTP/1.1 200").hasSizeLessThan(large);
        }
      }
      assertThat(rig.unsent).as("both had room").isEmpty();
    }
  }

  private static String readUntilCut(Socket socket) {
    StringBuilder read = new StringBuilder();
    byte[] buffer = new byte[1 << 16];
    try {
      for (int n = socket.getInputStream().read(buffer);
          n >= 0;
          n = socket.getInputStream().read(buffer)) {
        read.append(new String(buffer, 0, n, java.nio.charset.StandardCharsets.ISO_8859_1));
      }
    } catch (IOException e) {
      return read.toString(); // reset: what was on its way is lost
    }
    return read.toString();
  }
}
