package io.trestle.system.wire;

import static io.trestle.protocol.StatusCode.INVALID_ARGUMENT;
import static io.trestle.protocol.StatusCode.PERMISSION_DENIED;
import static io.trestle.protocol.StatusCode.RESOURCE_EXHAUSTED;
import static io.trestle.protocol.StatusCode.UNIMPLEMENTED;
import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.protocol.ExtensionMethods;
import io.trestle.protocol.Methods;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.Transport;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Bytes that are no message, on every method, from somebody whose identity is in order.
 *
 * <p>Access comes before decoding (wire.md 3.6 rule 7), so what nobody serves is UNIMPLEMENTED and
 * {@code UI/*} is PERMISSION_DENIED (rule 6), whatever was sent. On the others a message that does
 * not decode is INVALID_ARGUMENT (rule 7), and one that announces more than its method takes is
 * RESOURCE_EXHAUSTED (wire.md 4.7). For frames that are none foundation.md 4.4 leaves a choice;
 * ours is INVALID_ARGUMENT, since the client is at fault.
 */
class GarbageTest {
  private static final Set<RpcMethod<?, ?>> SERVED =
      Set.of(
          Methods.PROVISION,
          Methods.EVENTS_PUBLISH,
          Methods.EVENTS_SUBSCRIBE,
          Methods.EVENTS_REPLAY_DLQ,
          Methods.EVENTS_LIST_DLQ,
          Methods.OPEN,
          Methods.REFRESH_CERT,
          Methods.REGISTER_AND_WATCH,
          Methods.INVOKE_UNARY,
          Methods.INVOKE_STREAM,
          Methods.TELEMETRY_REPORT,
          ExtensionMethods.TRACES_APPEND,
          ExtensionMethods.TRACES_WATCH);

  private static final List<RpcMethod<?, ?>> METHODS =
      Stream.of(Methods.ALL, ExtensionMethods.ALL).<RpcMethod<?, ?>>flatMap(List::stream).toList();

  private static final byte[] JUNK = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

  private static final List<Garbage> ALL =
      List.of(
          new Garbage("half a prefix", Buffer.buffer(new byte[] {0, 0, 0}), INVALID_ARGUMENT),
          new Garbage("a cut message", frame(0, 100, JUNK), INVALID_ARGUMENT),
          new Garbage("an endless message", frame(0, Integer.MAX_VALUE, JUNK), RESOURCE_EXHAUSTED),
          new Garbage("an unknown flag", frame(7, JUNK.length, JUNK), INVALID_ARGUMENT),
          new Garbage("no protobuf", frame(0, JUNK.length, JUNK), INVALID_ARGUMENT),
          new Garbage("a cut field", frame(0, 2, new byte[] {10, 100}), INVALID_ARGUMENT),
          new Garbage("no frame at all", Buffer.buffer(JUNK), INVALID_ARGUMENT));

  private static final Vertx VERTX = Vertx.vertx();

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  /**
   * What is sent.
   *
   * @param answer to it from a method that is served
   */
  private record Garbage(String name, Buffer bytes, StatusCode answer) {
    StatusCode answer(RpcMethod<?, ?> method) {
      if (method.path().startsWith("/servicebridge.v1.UI/")) {
        return PERMISSION_DENIED;
      }
      return SERVED.contains(method) ? answer : UNIMPLEMENTED;
    }
  }

  @AfterAll
  static void close() throws Exception {
    VERTX.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @Test
  void garbage_onEveryMethod_endsWithItsStatusAndTheKernelServesOn() throws Exception {
    ServiceKey service = WIRE.service();
    WireInstance sender = WIRE.instance(service);
    Identity identity = Identity.of(sender.identity().key(), sender.identity().leaf());
    HttpClient client = VERTX.createHttpClient(Transport.clientOptions(identity, sender.ca()));
    Context loop = VERTX.getOrCreateContext();
    Map<String, String> expected = new LinkedHashMap<>();
    Map<String, String> actual = new LinkedHashMap<>();
    for (RpcMethod<?, ?> method : METHODS) {
      for (Garbage garbage : ALL) {
        String what = method.path() + " with " + garbage.name();
        expected.put(what, garbage.answer(method).name());
        actual.put(what, send(client, loop, method.path(), garbage.bytes()));
      }
    }

    assertThat(actual).containsExactlyEntriesOf(expected);
    assertThat(sender.connect().getSessionId()).isNotEmpty();
    assertThat(WIRE.connected(service).refresh().status().isOk()).isTrue();
  }

  private static Buffer frame(int flag, int announced, byte[] payload) {
    return Buffer.buffer().appendByte((byte) flag).appendInt(announced).appendBytes(payload);
  }

  /** Sends it, ends, and returns the gRPC status, or what came instead of one. */
  private static String send(HttpClient client, Context loop, String path, Buffer body)
      throws Exception {
    URI runtime = URI.create("grpc://" + WIRE.kernel().grpc());
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost(runtime.getHost())
            .setPort(runtime.getPort())
            .setURI(path)
            .putHeader("content-type", "application/grpc")
            .putHeader("te", "trailers");
    // On the loop of the connection: another one may see the end of an answer before its head.
    Future<String> status =
        Future.future(
            answer ->
                loop.runOnContext(turn -> exchange(client, options, body).onComplete(answer)));
    return status.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static Future<String> exchange(HttpClient client, RequestOptions options, Buffer body) {
    return client
        .request(options)
        .compose((HttpClientRequest request) -> request.send(body))
        .compose(response -> response.end().map(ended -> status(response)))
        .otherwise(Throwable::toString);
  }

  private static String status(HttpClientResponse response) {
    String inHeaders = response.getHeader("grpc-status");
    String status = inHeaders == null ? response.getTrailer("grpc-status") : inHeaders;
    return status == null
        ? "HTTP " + response.statusCode()
        : StatusCode.of(Integer.parseInt(status)).name();
  }
}
