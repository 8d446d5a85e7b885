package io.trestle.kernel.database;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.io.EOFException;
import java.util.concurrent.TimeUnit;

/**
 * Asks a PostgreSQL whether it speaks TLS, and shakes hands when it does: the eight bytes of an
 * SSLRequest, to which it answers with one letter (PostgreSQL: frontend/backend protocol, SSL
 * session encryption). The client does both too, but keeps the reason of a failed handshake to
 * itself, and leaves the connection open when the answer is no: until the server's own time limit,
 * and a Vert.x that closes waits for it.
 */
final class TlsOffer {
  private static final int CONNECT_MILLIS = 10_000;
  private static final int REQUEST_CODE = 80_877_103;
  private static final byte YES = 'S';
  private static final byte NO = 'N';

  private TlsOffer() {}

  /**
   * Whether it does. Fails as connecting does, and with the reason when there is no handshake.
   *
   * @param tls what is expected of the certificate
   */
  static Future<Boolean> of(Vertx vertx, String host, int port, ClientSSLOptions tls) {
    NetClient client =
        vertx.createNetClient(new NetClientOptions().setConnectTimeout(CONNECT_MILLIS));
    return client
        .connect(port, host)
        .compose(socket -> ask(socket, tls).eventually(socket::close))
        .timeout(CONNECT_MILLIS, TimeUnit.MILLISECONDS)
        .eventually(client::close);
  }

  private static Future<Boolean> ask(NetSocket socket, ClientSSLOptions tls) {
    Promise<Boolean> answer = Promise.promise();
    socket.handler(
        bytes -> {
          byte letter = bytes.getByte(0);
          if (letter == YES || letter == NO) {
            answer.tryComplete(letter == YES);
          } else {
            answer.tryFail("the server could not answer whether it speaks TLS");
          }
        });
    socket.closeHandler(v -> answer.tryFail(new EOFException("closed before an answer")));
    socket.exceptionHandler(answer::tryFail);
    return socket
        .write(Buffer.buffer().appendInt(2 * Integer.BYTES).appendInt(REQUEST_CODE))
        .compose(v -> answer.future())
        .compose(yes -> yes ? socket.upgradeToSsl(tls).map(true) : Future.succeededFuture(false));
  }
}
