package io.trestle.traces;

import io.trestle.conversations.Refused;
import io.trestle.conversations.TraceStreams;
import io.trestle.conversations.TraceStreams.Heard;
import io.trestle.conversations.TraceStreams.Item;
import io.trestle.conversations.TraceStreams.Items;
import io.trestle.conversations.TraceStreams.Taken;
import io.trestle.conversations.TraceStreams.Unwatch;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.bus.Bus;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One watch over HTTP. Thread: the event loop of its connection. */
final class SseWatch {
  /** Proxies and browsers hold a silent connection for dead. */
  private static final long COMMENT_MILLIS = 15_000;

  private final ModuleContext house;
  private final HttpServerResponse response;
  private final UUID key;
  private Bus.@Nullable Registration answerer;
  private long timer = -1;
  private boolean over;

  SseWatch(ModuleContext house, HttpServerResponse response) {
    this.house = house;
    this.response = response;
    this.key = house.ids().next();
  }

  UUID key() {
    return key;
  }

  /** Before the watch is asked for, since items may come before its answer. */
  void listen() {
    response
        .setChunked(true)
        .putHeader("content-type", "text/event-stream; charset=utf-8")
        .putHeader("cache-control", "no-store")
        .putHeader("x-content-type-options", "nosniff")
        .putHeader("x-accel-buffering", "no");
    answerer = house.bus().answer(TraceStreams.DELIVER, key.toString(), this::deliver);
    response.closeHandler(v -> gone());
    response.exceptionHandler(e -> gone());
  }

  /** The watch is on. */
  void begin() {
    if (over) {
      return;
    }
    comment();
    timer = house.vertx().setPeriodic(COMMENT_MILLIS, id -> comment());
  }

  private void comment() {
    if (!over && !response.writeQueueFull()) {
      response.write(": \n\n").onFailure(e -> gone());
    }
  }

  private Future<Heard> deliver(Items items) {
    if (over) {
      return Future.failedFuture(Refused.of(Refused.Reason.CANCELLED, "the watch is over"));
    }
    Buffer text = Buffer.buffer();
    items.items().forEach(item -> append(text, item));
    if (!items.status().isEmpty()) {
      String status = new JsonObject().put("status", items.status()).encode();
      text.appendString("event: complete\ndata: " + status + "\n\n");
      close();
      response.end(text).onFailure(e -> {}); // nobody is there
    } else {
      response
          .write(text)
          .compose(v -> house.bus().request(TraceStreams.TAKEN, new Taken(key)))
          .onFailure(e -> gone());
    }
    return Future.succeededFuture(new Heard());
  }

  /** JSON has no line breaks that matter, and an event has one line of data. */
  private static void append(Buffer text, Item item) {
    text.appendString("id: " + item.sequence() + "\n");
    text.appendString(item.dropped() > 0 ? "event: gap\n" : "event: chunk\n");
    text.appendString("data: {\"sequence\":" + item.sequence());
    text.appendString(",\"key\":" + Json.encode(item.key()));
    if (item.dropped() > 0) {
      text.appendString(",\"dropped\":" + item.dropped());
    } else {
      String json = new String(item.json(), StandardCharsets.UTF_8);
      text.appendString(",\"data\":" + json.replace('\n', ' ').replace('\r', ' '));
    }
    text.appendString("}\n\n");
  }

  /** Nobody reads any more. */
  void gone() {
    if (!over) {
      close();
      unwatch(); // also before the answer: the watch may begin later
    }
  }

  private void close() {
    over = true;
    house.vertx().cancelTimer(timer);
    Bus.Registration open = answerer;
    if (open != null) {
      open.close();
    }
  }

  private void unwatch() {
    house
        .bus()
        .request(TraceStreams.UNWATCH, new Unwatch(key))
        .onFailure(e -> {}); // the owner is gone too
  }
}
