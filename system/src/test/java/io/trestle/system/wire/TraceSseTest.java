package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.trestle.protocol.ExtensionMethods;
import io.trestle.protocol.ext.v1.AppendAck;
import io.trestle.protocol.ext.v1.AppendMessage;
import io.trestle.protocol.ext.v1.End;
import io.trestle.testing.TrestleExtension;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The twin of a watch over HTTP, with the client of the JDK. */
@Timeout(60)
class TraceSseTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final HttpClient http = HttpClient.newHttpClient();
  private final String trace = UUID.randomUUID().toString();
  private final WireInstance writer = WIRE.instance(WIRE.service());

  private WireStream<AppendMessage, AppendAck> write(int chunks) {
    var stream = writer.client().begin(ExtensionMethods.TRACES_APPEND, chunk(1));
    for (int n = 2; n <= chunks; n++) {
      stream.send(chunk(n));
    }
    await().until(() -> stream.messages().size() == chunks);
    return stream;
  }

  private AppendMessage chunk(int n) {
    return AppendMessage.newBuilder()
        .setTraceId(trace)
        .setClientSeq(n)
        .setKey(n % 2 == 0 ? "even" : "odd")
        .setDataJson(ByteString.copyFromUtf8("{\"n\":\n" + n + "}"))
        .build();
  }

  private HttpRequest.Builder request(String rest) throws IOException {
    URI uri = URI.create(TRESTLE.kernel().http().get(0)).resolve("/api/trace-streams/" + rest);
    String token =
        Files.readString(TRESTLE.kernel().trestle().state().resolve("admin-token")).strip();
    return HttpRequest.newBuilder(uri).header("authorization", "Bearer " + token);
  }

  private Iterator<String> lines(HttpRequest.Builder request) throws Exception {
    HttpResponse<Stream<String>> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofLines());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type"))
        .contains("text/event-stream; charset=utf-8");
    return response.body().filter(line -> !line.isEmpty() && !line.startsWith(":")).iterator();
  }

  private static List<String> next(Iterator<String> lines, int number) {
    return Stream.generate(lines::next).limit(number).toList();
  }

  private int status(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
  }

  @Test
  void watch_replays_goesOn_andEnds() throws Exception {
    var writing = write(3);
    Iterator<String> lines = lines(request(trace).GET());
    assertThat(next(lines, 9))
        .startsWith(
            "id: 1", "event: chunk", "data: {\"sequence\":1,\"key\":\"odd\",\"data\":{\"n\": 1}}")
        .contains("id: 2", "id: 3");
    writing.send(chunk(4));
    assertThat(next(lines, 3))
        .containsExactly(
            "id: 4", "event: chunk", "data: {\"sequence\":4,\"key\":\"even\",\"data\":{\"n\": 4}}");
    writing.send(
        AppendMessage.newBuilder()
            .setTraceId(trace)
            .setClientSeq(5)
            .setEnd(End.newBuilder().setStatus("success"))
            .build());
    assertThat(next(lines, 2)).containsExactly("event: complete", "data: {\"status\":\"success\"}");
    assertThat(lines.hasNext()).isFalse();
  }

  @Test
  void browserThatComesBack_goesOnBehindItsLastEvent() throws Exception {
    write(10);
    assertThat(next(lines(request(trace + "?key=even&from=4").GET()), 1)).containsExactly("id: 4");
    assertThat(next(lines(request(trace + "?key=even").header("last-event-id", "6").GET()), 1))
        .containsExactly("id: 8");
    assertThat(next(lines(request(trace + "?from=3").header("last-event-id", "9").GET()), 1))
        .containsExactly("id: 10");
  }

  @Test
  void whoIsNoOperator_orAsksForNothing_isRefused() throws Exception {
    write(1);
    HttpRequest.Builder stranger =
        HttpRequest.newBuilder(request(trace).build().uri()).header("authorization", "Bearer x");
    assertThat(status(stranger.GET())).isEqualTo(401);
    assertThat(status(request(trace).header("origin", "https://evil.example").GET()))
        .isEqualTo(403);
    assertThat(status(request("nonsense").GET())).isEqualTo(404);
    assertThat(status(request(trace + "?from=x").GET())).isEqualTo(400);
    assertThat(status(request(trace).POST(HttpRequest.BodyPublishers.noBody()))).isEqualTo(405);
  }
}
