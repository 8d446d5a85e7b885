package io.trestle.kernel.gateway;

import io.trestle.kernel.gateway.GatewayMetrics.Reason;
import io.trestle.protocol.StatusCode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One call from admission to its end. Thread: the event loop of the connection.
 *
 * <p>A call ends exactly once, in one of three ways, and whichever comes first wins:
 *
 * <ul>
 *   <li><b>answered</b> by its handler: {@link #answer}, {@link #complete}, {@link #fail};
 *   <li><b>aborted</b> by the gateway: deadline, revocation, a broken message, a bound; a status is
 *       sent, and {@link #aborted} completes so that the handler stops;
 *   <li><b>lost</b>: cancelled by the client or gone with its connection; nothing can be sent,
 *       {@link #aborted} completes.
 * </ul>
 *
 * <p>The end releases everything: the timers, the memory, the place among the open calls of the
 * connection, the count of running calls. Whatever a handler does afterwards finds the call over
 * and has no effect.
 */
final class CallLife implements Call {
  // Longer deadlines are none: a timer would outlive every process.
  private static final long LONGEST_TIMER = Duration.ofDays(30).toMillis();

  private final Loop loop;
  private final GatewayShared shared;
  private final ClientConnection connection;
  private final RequestStream request;
  private final MethodHandler method;
  private final Caller caller;
  private final CallMemory memory;
  private final ResponseWriter response;
  private final Promise<Void> aborted = Promise.promise();
  private final long deadlineMillis;
  private long deadlineTimer = -1;
  private long bodyTimer = -1;
  private @Nullable BodyReader body;
  private boolean over;

  CallLife(
      Loop loop,
      GatewayShared shared,
      ClientConnection connection,
      RequestStream request,
      MethodHandler method,
      Caller caller,
      long timeout) {
    this.loop = loop;
    this.shared = shared;
    this.connection = connection;
    this.request = request;
    this.method = method;
    this.caller = caller;
    this.memory = new CallMemory(connection, shared.memory().acquire(caller.instanceId()), shared);
    this.response = new ResponseWriter(loop, shared.options(), request);
    this.deadlineMillis = timeout == Timeouts.NONE ? 0 : shared.clock().millis() + timeout;
    if (timeout != Timeouts.NONE && timeout < LONGEST_TIMER) {
      deadlineTimer = loop.after(Duration.ofMillis(Math.max(1, timeout)), this::expire);
    }
  }

  @Override
  public Caller caller() {
    return caller;
  }

  @Override
  public Headers headers() {
    return request;
  }

  @Override
  public String remoteAddress() {
    return connection.remoteAddress();
  }

  @Override
  public long deadlineMillis() {
    return deadlineMillis;
  }

  @Override
  public Future<Void> aborted() {
    return aborted.future();
  }

  @Override
  public Future<Boolean> probe(Duration patience) {
    Promise<Boolean> answered = Promise.promise();
    loop.run(() -> connection.probe(patience).onComplete(answered));
    return answered.future();
  }

  Loop loop() {
    return loop;
  }

  MethodHandler method() {
    return method;
  }

  CallMemory memory() {
    return memory;
  }

  boolean isOver() {
    return over;
  }

  /** Takes its place among the open calls and watches for the client. */
  void begin() {
    connection.begun(this);
    shared.metrics().callBegun();
    request.onGone(this::streamClosed);
  }

  /** Starts to read. Nobody gets longer than 30 s for one message, a stranger perhaps less. */
  void read(BodyReader.Sink sink) {
    if (over) {
      return;
    }
    if (caller.kind() == Caller.Kind.ANONYMOUS) {
      bodyTimer = loop.after(shared.options().strangers().idle(), this::incomplete);
    }
    if (!(method instanceof MethodHandler.Bidirectional)) {
      request.onStalled(this::incomplete);
    }
    Duration patience = shared.options().memory().patience();
    body = new BodyReader(loop, request, memory, patience, method.maxRequestBytes(), sink);
    body.start();
  }

  /** The whole request has arrived. */
  void received() {
    loop.cancel(bodyTimer);
  }

  /** The one message of a unary call. */
  void answer(Buffer frame) {
    if (over) {
      return;
    }
    memory.hold(frame.length());
    if (memory.answersOverBound()) {
      fail(GrpcFailure.of(StatusCode.RESOURCE_EXHAUSTED, "answers are not taken fast enough"));
    } else if (finish(StatusCode.OK)) {
      closeMemoryAfter(response.only(frame));
    }
  }

  /** OK after the messages of a stream. */
  void complete() {
    if (finish(StatusCode.OK)) {
      closeMemoryAfter(response.end());
    }
  }

  /** Any other status of the handler's. */
  void fail(GrpcFailure failure) {
    if (finish(failure.status())) {
      closeMemoryAfter(response.fail(failure));
    }
  }

  /** One message of a stream; the call must not be over. */
  Future<Void> write(Buffer frame) {
    return response.message(frame);
  }

  /** Ends the call from outside its handler. */
  void abort(GrpcFailure failure) {
    if (finish(failure.status())) {
      closeMemoryAfter(response.fail(failure));
      tellHandler();
    }
  }

  /** Like {@link #abort}, for a call that may not be able to take its end. */
  void abortHard(GrpcFailure failure) {
    if (finish(failure.status())) {
      closeMemoryAfter(response.failHard(failure));
      tellHandler();
    }
  }

  /** Ends the call because of its request. */
  void refuse(GrpcFailure failure, Reason reason) {
    shared.metrics().refused(reason);
    abort(failure);
  }

  /** The client is gone. */
  void lost() {
    if (finish(StatusCode.CANCELLED)) {
      memory.close();
      tellHandler();
    }
  }

  private void streamClosed() {
    lost();
    memory.close();
  }

  // What the network has not taken stays on the books of the connection until it has.
  private void closeMemoryAfter(Future<Void> written) {
    written.onComplete(done -> memory.close());
  }

  // Other calls may have to be told after this one, so a listener that throws stops nobody.
  private void tellHandler() {
    try {
      aborted.complete();
    } catch (RuntimeException e) {
      Failures.of(e, method.path(), caller);
    }
  }

  private void expire() {
    abort(GrpcFailure.of(StatusCode.DEADLINE_EXCEEDED, "deadline exceeded"));
  }

  private void incomplete() {
    refuse(
        GrpcFailure.of(StatusCode.DEADLINE_EXCEEDED, "the request did not arrive in time"),
        Reason.INCOMPLETE);
  }

  private boolean finish(StatusCode status) {
    if (over) {
      return false;
    }
    over = true;
    loop.cancel(deadlineTimer);
    loop.cancel(bodyTimer);
    if (body != null) {
      body.stop();
    }
    connection.over(this);
    shared.metrics().callEnded(method.path(), status);
    if (method.isCall()) {
      shared.drain().leave();
    }
    return true;
  }
}
