package io.trestle.events;

import io.trestle.events.HttpTalk.HttpProblem;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Bodies of requests, bounded in bytes and in time. What is announced costs nothing; what comes
 * takes room as it comes, in the name of a service, until it was worked on. Thread: the event loop
 * of the connection.
 */
final class Bodies {
  private final Vertx vertx;
  private final Room room;
  private final int most;
  private final long millis;

  /**
   * Bodies of one kind.
   *
   * @param most bytes of one body
   * @param millis how long a body may take from when it is read to its last byte
   */
  Bodies(Vertx vertx, Room room, int most, long millis) {
    this.vertx = vertx;
    this.room = room;
    this.most = most;
    this.millis = millis;
  }

  /** 413 for a request whose body is announced to be too large; nothing is reserved for it. */
  void requireLength(HttpServerRequest request) {
    String length = request.getHeader("content-length");
    if (length != null && parsed(length) > most) {
      throw tooLarge();
    }
  }

  private static long parsed(String length) {
    try {
      return Long.parseLong(length);
    } catch (NumberFormatException e) {
      throw new HttpProblem(400, "content-length: no number (expected: a number)");
    }
  }

  private HttpProblem tooLarge() {
    return new HttpProblem(413, "body: too large (expected: at most " + most + " bytes)");
  }

  /**
   * Reads the whole body of a request that was paused, and gives its room back when the work with
   * it has ended. 408 for one that does not come in time, 413 for one that is too large, 503 when
   * there is no room for more of it.
   */
  <T> Future<T> read(HttpServerRequest request, UUID service, Function<Buffer, Future<T>> work) {
    AtomicLong taken = new AtomicLong();
    return whole(request, service, taken)
        .compose(work)
        .onComplete(v -> room.give(service, taken.get()));
  }

  private Future<Buffer> whole(HttpServerRequest request, UUID service, AtomicLong taken) {
    Promise<Buffer> whole = Promise.promise();
    long timer =
        vertx.setTimer(
            millis,
            id ->
                whole.tryFail(
                    new HttpProblem(408, "body: slow (expected: all of it in " + millis + " ms)")));
    Buffer gathered = Buffer.buffer();
    request.handler(part -> gather(part, gathered, whole, service, taken));
    request.exceptionHandler(whole::tryFail);
    request.endHandler(end -> whole.tryComplete(gathered));
    request.resume();
    return whole.future().onComplete(v -> vertx.cancelTimer(timer));
  }

  private void gather(
      Buffer part, Buffer gathered, Promise<Buffer> whole, UUID service, AtomicLong taken) {
    if (whole.future().isComplete()) {
      return; // refused already: what still comes is dropped
    }
    if (gathered.length() + part.length() > most) {
      whole.tryFail(tooLarge());
    } else if (room.take(service, part.length())) {
      taken.addAndGet(part.length());
      gathered.appendBuffer(part);
    } else {
      whole.tryFail(new HttpProblem(503, "too many requests are being read, try again"));
    }
  }
}
