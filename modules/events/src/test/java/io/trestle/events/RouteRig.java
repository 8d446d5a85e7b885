package io.trestle.events;

import io.trestle.conversations.EventTokens;
import io.trestle.conversations.Events;
import io.trestle.conversations.Events.Event;
import io.trestle.conversations.Events.Heard;
import io.trestle.conversations.HttpSubscriptions;
import io.trestle.conversations.HttpSubscriptions.Pulled;
import io.trestle.conversations.HttpSubscriptions.Taken;
import io.trestle.events.core.Verdict.Status;
import io.trestle.kernel.Ids;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.bus.LocalBus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The two routes below {@code /events} on a listener of their own, with bounds of a test, and the
 * owner of the log as a test answers for it. Any token is known: its service is that of its digest.
 */
final class RouteRig implements AutoCloseable {
  private static final int TEN_SECONDS = 10_000;

  private final Vertx vertx = Vertx.vertx();
  private final Bus bus = new LocalBus(vertx);
  private final HttpServer server;
  final AtomicInteger closed = new AtomicInteger();
  final AtomicInteger checked = new AtomicInteger();
  final List<Events.Publish> published = new CopyOnWriteArrayList<>();
  final List<HttpSubscriptions.Settle> unsent = new CopyOnWriteArrayList<>();
  volatile Future<Void> storing = Future.succeededFuture();
  volatile byte[] pulled = {};

  /**
   * A listener.
   *
   * @param room bytes of bodies over all requests, of each route
   * @param bodyMillis time for a body
   * @param answerMillis time for an answer to a pull
   */
  RouteRig(long room, long bodyMillis, long answerMillis) {
    Ids ids = UUID::randomUUID;
    CloudEventsRoute publishing =
        new CloudEventsRoute(
            bus, ids, new Bodies(vertx, new Room(room), CloudEventsRoute.MAX_BODY, bodyMillis));
    PullRoute fetching =
        new PullRoute(
            vertx, bus, ids, new Bodies(vertx, new Room(room), 1 << 20, bodyMillis), answerMillis);
    Router router = Router.router(vertx);
    router.route("/events/subscriptions/*").handler(fetching::handle);
    router.route("/events").handler(publishing::handle);
    server =
        await(
            vertx
                .createHttpServer()
                .connectionHandler(this::count)
                .requestHandler(router)
                .listen(0, "127.0.0.1"));
    listen();
  }

  static <T> T await(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError("no answer in 10 s", e);
    }
  }

  private void count(HttpConnection connection) {
    connection.closeHandler(v -> closed.incrementAndGet());
  }

  private void listen() {
    bus.answer(EventTokens.CHECK, q -> Future.succeededFuture(who(q)));
    bus.answer(Events.PUBLISH, this::publish);
    bus.answer(HttpSubscriptions.PULL, q -> Future.succeededFuture(new Pulled(List.of(taken()))));
    bus.answer(HttpSubscriptions.LEAVE, q -> Future.succeededFuture(new Heard()));
    bus.answer(
        HttpSubscriptions.UNSENT,
        q -> {
          unsent.add(q);
          return Future.succeededFuture(new Heard());
        });
  }

  private EventTokens.Checked who(EventTokens.Check q) {
    checked.incrementAndGet();
    ByteBuffer digest = ByteBuffer.wrap(q.digest());
    return new EventTokens.Checked(UUID.randomUUID(), new UUID(digest.getLong(), 1));
  }

  private Future<Events.Published> publish(Events.Publish q) {
    published.add(q);
    return storing.map(
        v ->
            new Events.Published(
                q.events().stream()
                    .map(e -> new Events.Result(e.id(), Status.ACCEPTED.number(), ""))
                    .toList()));
  }

  private Taken taken() {
    Event event =
        new Event(
            UUID.randomUUID().toString(), "a.b", pulled, "v2:x", "", "", Map.of(), 0, "", pulled);
    return new Taken(UUID.randomUUID(), "token", 1, "publisher", event);
  }

  /** A connection that reads nothing by itself, and takes little into its buffer. */
  Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4 << 10);
    socket.setSoTimeout(TEN_SECONDS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.actualPort()));
    return socket;
  }

  /** Sends a text as it is. */
  static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  /** The head of a request in binary mode; what is announced need not come. */
  static String head(String path, String token, long announced) {
    return """
        POST %s HTTP/1.1
        host: x
        authorization: Bearer %s
        content-type: text/plain
        ce-specversion: 1.0
        ce-id: 1
        ce-source: /s
        ce-type: a.b
        content-length: %d

        """
        .formatted(path, token, announced)
        .replace("\n", "\r\n");
  }

  /** Everything until the other side closes. */
  static String readToEnd(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  /** The head of the next answer, and its body if that is announced. */
  static String readAnswer(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new AssertionError("closed after: " + head);
      }
      head.append((char) next);
    }
    String length = head.toString().replaceAll("(?is).*content-length: (\\d+).*", "$1");
    return head + new String(in.readNBytes(Integer.parseInt(length)), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    await(vertx.close());
  }
}
