package io.trestle.sdk.internal.events;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http2.Http2Headers;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.Methods;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.TestCertificates;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.PublishResponse;
import io.trestle.protocol.v1.PublishStatus;
import io.trestle.protocol.v1.PublishStatusEntry;
import io.trestle.protocol.v1.SubscribeClientMessage;
import io.trestle.protocol.v1.SubscribeServerMessage;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Dialer;
import io.trestle.protocol.wire.FrameReader;
import io.trestle.protocol.wire.Frames;
import io.trestle.protocol.wire.GrpcHeaders;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.protocol.wire.WireStream;
import io.trestle.protocol.wire.WireStreams;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The runtime's end of both methods of events, over real mutual TLS: a test takes what arrives and
 * says what is answered. Also the client's lane and channel.
 */
final class ScriptedRuntime implements AutoCloseable {
  private static final long SECONDS = 20;

  final Vertx vertx = Vertx.vertx();
  final Lane lane = Lane.create(vertx);
  final PinnedChannel channel;

  /** Requests to publish, in order of arrival. */
  final BlockingQueue<Asked> publishes = new LinkedBlockingQueue<>();

  /** Streams of deliveries, in order of arrival. */
  final BlockingQueue<Subscriber> subscribers = new LinkedBlockingQueue<>();

  private final TestCertificates certificates = TestCertificates.create();
  private final Lane serving = Lane.create(vertx);
  private final List<HttpConnection> connections = new CopyOnWriteArrayList<>();
  private final int port;
  private @Nullable HttpServer http;

  ScriptedRuntime() throws Exception {
    port = listen(0);
    channel =
        new PinnedChannel(
            lane,
            new Dialer(vertx, certificates.service("service", "instance"), certificates.ca()),
            new HostPort("127.0.0.1", port),
            SpiffeId.runtime(),
            Transport.IDLE_CHANNEL);
  }

  /** Goes away: the port is closed, and so are connections. */
  void leave() throws Exception {
    HttpServer left = http;
    http = null;
    if (left != null) {
      for (HttpConnection connection : connections) {
        await(connection.close());
      }
      await(left.close());
    }
  }

  /** Comes back. */
  void comeBack() throws Exception {
    int unused = listen(port);
  }

  /** The next request to publish. */
  Asked nextPublish() throws InterruptedException {
    Asked asked = publishes.poll(SECONDS, TimeUnit.SECONDS);
    if (asked == null) {
      throw new AssertionError("no request (expected: one to publish)");
    }
    return asked;
  }

  /** The next stream of deliveries. */
  Subscriber nextSubscriber() throws InterruptedException {
    Subscriber subscriber = subscribers.poll(SECONDS, TimeUnit.SECONDS);
    if (subscriber == null) {
      throw new AssertionError("no stream (expected: one of deliveries)");
    }
    return subscriber;
  }

  /** Runs on the lane of the client, and waits for it. */
  void onLane(Runnable task) throws Exception {
    Promise<Void> done = Promise.promise();
    lane.execute(
        () -> {
          task.run();
          done.complete();
        });
    await(done.future());
  }

  @Override
  public void close() throws Exception {
    channel.close();
    await(vertx.close());
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
  }

  private int listen(int wanted) throws Exception {
    Promise<Integer> bound = Promise.promise();
    serving.execute(
        () -> {
          HttpServer server =
              vertx
                  .createHttpServer(
                      Transport.serverOptions(
                          certificates.runtime(), certificates.ca(), ClientAuth.REQUIRED, 100))
                  .connectionHandler(this::accepted)
                  .requestHandler(request -> request.response().reset());
          http = server;
          server.listen(wanted, "127.0.0.1").map(HttpServer::actualPort).onComplete(bound);
        });
    return await(bound.future());
  }

  private void accepted(HttpConnection connection) {
    connections.add(connection);
    WireStreams.serve(
        serving,
        connection,
        (stream, headers) -> {
          String path = String.valueOf(headers.path());
          if (path.equals(Methods.EVENTS_PUBLISH.path())) {
            return new Asked(stream);
          }
          Subscriber subscriber = new Subscriber(stream);
          subscribers.add(subscriber);
          return subscriber;
        });
  }

  /** What comes by one stream. */
  private abstract class Incoming implements WireStream.Listener {
    final WireStream stream;
    private final FrameReader reader = new FrameReader(128 << 20);

    Incoming(WireStream stream) {
      this.stream = stream;
    }

    abstract void message(byte[] bytes) throws IOException;

    @Override
    public void onHeaders(Http2Headers headers, boolean end) {}

    @Override
    public void onData(ByteBuf data, boolean end) {
      CallStatus unused =
          reader.read(
              data,
              bytes -> {
                try {
                  message(ByteBufUtil.getBytes(bytes));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }

    @Override
    public void onReset(long code) {
      onLost();
    }

    @Override
    public void onLost() {}

    void end(StatusCode code, String text) {
      serving.execute(
          () -> {
            stream.headers(GrpcHeaders.only(CallStatus.of(code, text)), true);
            stream.finish();
          });
    }
  }

  /** A request to publish. */
  final class Asked extends Incoming {
    List<EventEnvelope> events = List.of();

    Asked(WireStream stream) {
      super(stream);
    }

    @Override
    void message(byte[] bytes) throws IOException {
      events = PublishRequest.parseFrom(bytes).getEventsList();
      publishes.add(this);
    }

    List<String> ids() {
      return events.stream().map(EventEnvelope::getId).toList();
    }

    void accept() {
      answer(
          events.stream()
              .map(e -> Published.result(PublishStatus.PUBLISH_STATUS_ACCEPTED, e.getId(), ""))
              .toList());
    }

    void answer(PublishStatusEntry... results) {
      answer(List.of(results));
    }

    void answer(List<PublishStatusEntry> results) {
      Frames.Body body = Frames.of(PublishResponse.newBuilder().addAllResults(results).build());
      serving.execute(
          () -> {
            stream.headers(GrpcHeaders.head(), false);
            stream.data(stream.encode(body), false);
            stream.headers(GrpcHeaders.good(), true);
            stream.finish();
          });
    }
  }

  /** A stream of deliveries. */
  final class Subscriber extends Incoming {
    final BlockingQueue<SubscribeClientMessage> said = new LinkedBlockingQueue<>();
    final BlockingQueue<String> ends = new LinkedBlockingQueue<>();

    Subscriber(WireStream stream) {
      super(stream);
    }

    @Override
    public void onHeaders(Http2Headers headers, boolean end) {
      stream.headers(GrpcHeaders.head(), false);
      stream.flush();
    }

    @Override
    void message(byte[] bytes) throws IOException {
      said.add(SubscribeClientMessage.parseFrom(bytes));
    }

    @Override
    public void onLost() {
      ends.add("lost");
    }

    /** The next thing it says. */
    SubscribeClientMessage next() throws InterruptedException {
      SubscribeClientMessage message = said.poll(SECONDS, TimeUnit.SECONDS);
      if (message == null) {
        throw new AssertionError("nothing (expected: a message)");
      }
      return message;
    }

    void awaitEnd() throws InterruptedException {
      if (ends.poll(SECONDS, TimeUnit.SECONDS) == null) {
        throw new AssertionError("still open (expected: the end)");
      }
    }

    void deliver(EventDelivery delivery) {
      send(Frames.of(SubscribeServerMessage.newBuilder().setDelivery(delivery).build()));
    }

    void send(Frames.Body body) {
      serving.execute(
          () -> {
            stream.data(stream.encode(body), false);
            stream.flush();
          });
    }

    @Override
    void end(StatusCode code, String text) {
      serving.execute(
          () -> {
            stream.headers(GrpcHeaders.trailers(CallStatus.of(code, text)), true);
            stream.finish();
          });
    }
  }
}
