package io.trestle.testing.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.protocol.Methods;
import io.trestle.protocol.RpcMethod;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.security.cert.CertificateEncodingException;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Bytes that are no message, on every method, from somebody whose identity is in order. */
class GarbageTest {
  /** INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, and PERMISSION_DENIED. */
  private static final Set<String> CLEAR = Set.of("3", "7", "8", "12", "13");

  private static final Vertx VERTX = Vertx.vertx();

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  @AfterAll
  static void close() throws Exception {
    VERTX.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @Test
  void garbage_onEveryMethod_endsWithAClearStatusAndTheKernelServesOn() throws Exception {
    ServiceKey service = WIRE.service();
    WireInstance sender = WIRE.instance(service);
    Map<String, String> unclear = new HashMap<>();
    HttpClient client = client(sender);
    for (RpcMethod<?, ?> method : Methods.ALL) {
      for (Map.Entry<String, Buffer> garbage : garbage().entrySet()) {
        String status = send(client, method.path(), garbage.getValue());
        if (!CLEAR.contains(status)) {
          unclear.put(method.path() + " with " + garbage.getKey(), status);
        }
      }
    }

    assertThat(unclear).isEmpty();
    assertThat(sender.connect().getSessionId()).isNotEmpty();
    assertThat(WIRE.connected(service).refresh().status().isOk()).isTrue();
  }

  /** Frames whose prefix lies, and a whole frame of what is no protobuf. */
  private static Map<String, Buffer> garbage() {
    Buffer junk = Buffer.buffer(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1});
    Map<String, Buffer> all = new LinkedHashMap<>();
    all.put("half a prefix", Buffer.buffer(new byte[] {0, 0, 0}));
    all.put("a cut message", frame(0, 100).appendBuffer(junk));
    all.put("an endless message", frame(0, Integer.MAX_VALUE).appendBuffer(junk));
    all.put("an unknown flag", frame(7, junk.length()).appendBuffer(junk));
    all.put("no protobuf", frame(0, junk.length()).appendBuffer(junk));
    all.put("a cut field", frame(0, 2).appendByte((byte) 10).appendByte((byte) 100));
    all.put("no frame at all", junk);
    return all;
  }

  private static Buffer frame(int flag, int length) {
    return Buffer.buffer().appendByte((byte) flag).appendInt(length);
  }

  private static HttpClient client(WireInstance sender) throws CertificateEncodingException {
    return VERTX.createHttpClient(
        new HttpClientOptions()
            .setSsl(true)
            .setUseAlpn(true)
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setVerifyHost(false)
            .setKeyCertOptions(
                new PemKeyCertOptions()
                    .addKeyValue(pem("PRIVATE KEY", sender.identity().key().getEncoded()))
                    .addCertValue(pem("CERTIFICATE", sender.identity().leaf().getEncoded())))
            .setTrustOptions(
                new PemTrustOptions().addCertValue(pem("CERTIFICATE", sender.ca().getEncoded()))));
  }

  private static Buffer pem(String kind, byte[] der) {
    String text = Base64.getMimeEncoder().encodeToString(der);
    return Buffer.buffer("-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, text, kind));
  }

  /** Sends it, ends, and returns the gRPC status, or what came instead of one. */
  private static String send(HttpClient client, String path, Buffer body) throws Exception {
    URI runtime = URI.create("grpc://" + WIRE.kernel().grpc());
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost(runtime.getHost())
            .setPort(runtime.getPort())
            .setURI(path)
            .putHeader("content-type", "application/grpc")
            .putHeader("te", "trailers");
    Future<String> status =
        client
            .request(options)
            .compose(request -> request.send(body))
            .compose(response -> response.end().map(ended -> status(response)))
            .otherwise(Throwable::toString);
    return status.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static String status(HttpClientResponse response) {
    String inHeaders = response.getHeader("grpc-status");
    String inTrailers = response.getTrailer("grpc-status");
    return String.valueOf(inHeaders == null ? inTrailers : inHeaders);
  }
}
