package io.trestle.system.wire;

import io.trestle.protocol.v1.CallResponse;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A Call server that knows no deadlines: it answers every call when the test says so. grpc-java
 * would end a call by itself when its time is over.
 */
final class LateCallee implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger received = new AtomicInteger();
  private final Promise<Buffer> answer = Promise.promise();
  private final HttpServer server;

  private LateCallee(HttpServerOptions options) {
    server = vertx.createHttpServer(options).requestHandler(this::handle);
    try {
      server.listen().await(10, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  static LateCallee start(WireIdentity identity, X509Certificate ca) {
    try {
      return new LateCallee(
          new HttpServerOptions()
              .setHost("127.0.0.1")
              .setPort(0)
              .setSsl(true)
              .setUseAlpn(true)
              .setClientAuth(ClientAuth.REQUIRED)
              .setTrustOptions(
                  new PemTrustOptions().addCertValue(pem("CERTIFICATE", ca.getEncoded())))
              .setKeyCertOptions(
                  new PemKeyCertOptions()
                      .addKeyValue(pem("PRIVATE KEY", identity.key().getEncoded()))
                      .addCertValue(pem("CERTIFICATE", identity.leaf().getEncoded()))));
    } catch (CertificateEncodingException e) {
      throw new AssertionError(e);
    }
  }

  private static Buffer pem(String type, byte[] der) {
    return Buffer.buffer(
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(type, Base64.getMimeEncoder().encodeToString(der), type));
  }

  private void handle(HttpServerRequest request) {
    request
        .body()
        .onSuccess(
            body -> {
              received.incrementAndGet();
              answer.future().onSuccess(frame -> respond(request, frame));
            });
  }

  private static void respond(HttpServerRequest request, Buffer frame) {
    var response = request.response().putHeader("content-type", "application/grpc");
    response.putTrailer("grpc-status", "0");
    response.end(frame);
  }

  String endpoint() {
    return "127.0.0.1:" + server.actualPort();
  }

  /** Calls that have arrived. */
  int received() {
    return received.get();
  }

  /** Answers those that have arrived, and later ones at once. */
  void answer(CallResponse response) {
    byte[] message = response.toByteArray();
    answer.complete(
        Buffer.buffer().appendByte((byte) 0).appendInt(message.length).appendBytes(message));
  }

  @Override
  public void close() {
    vertx.close();
  }
}
