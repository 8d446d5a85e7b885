package io.trestle.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.Clock;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.kernel.pipeline.WriteFailure;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.wire.Frames;
import io.trestle.protocol.wire.Lane;
import io.trestle.rpc.IdempotencyDesk.Event;
import io.trestle.rpc.RpcStore.Claim;
import io.trestle.rpc.core.IdempotencyKey;
import io.trestle.rpc.core.IdempotencyRules;
import io.trestle.rpc.core.KeyTable.Ending;
import io.trestle.rpc.core.Look;
import io.trestle.rpc.core.Stored;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One proxied call with an idempotency key; {@link IdempotencyRules} has the rules.
 *
 * <p>It waits for the call of this process that leads its key, or leads: claims, looks, and then
 * forwards, answers from the store, or polls until another process is done. What the caller gets
 * and what becomes of the key are two things: the caller may be told that its time is over, or
 * leave, while the key is still to be saved or released. Everything runs on the event loop of the
 * caller's connection.
 */
final class KeyedCall implements Consumer<Ending> {
  private static final long POLL_MILLIS = 100;
  private static final long SAVE_AGAIN_MILLIS = 250;

  /** Where it is, as far as leaving is concerned. */
  private enum Stage {
    WAITING,
    POLLING,
    /** Somebody else's turn or the callee's: leaving has to wait. */
    BUSY,
    OVER
  }

  private final Vertx vertx;
  private final Clock clock;
  private final Lane lane;
  private final IdempotencyDesk desk;
  private final Request request;
  private final Promise<Buffer> answer = Promise.promise();
  private Stage stage = Stage.BUSY;
  private long timer = -1;
  private long held;
  private boolean left;

  /**
   * What is asked.
   *
   * @param bytes of the request, held until the key is settled
   * @param admit gate 3, asked again after each wait: throws a refusal
   * @param forward begins the forwarding
   */
  record Request(
      IdempotencyKey key,
      byte[] rowId,
      ByteString payloadHash,
      ProxyCall.Time time,
      long bytes,
      Runnable admit,
      Supplier<Future<Attempt.Ended>> forward) {}

  KeyedCall(Vertx vertx, Clock clock, IdempotencyDesk desk, Request request) {
    this.vertx = vertx;
    this.clock = clock;
    this.lane = Lane.current(vertx);
    this.desk = desk;
    this.request = request;
  }

  /** Completes with the answer for the caller. */
  Future<Buffer> run() {
    try {
      desk.held().take(request.bytes());
    } catch (Refused full) {
      stage = Stage.OVER;
      return Future.failedFuture(full);
    }
    held = request.bytes();
    long deadline = vertx.setTimer(Math.max(1, remaining()), id -> expire());
    enter();
    return answer.future().onComplete(done -> vertx.cancelTimer(deadline));
  }

  private void expire() {
    fail(GrpcFailure.of(StatusCode.DEADLINE_EXCEEDED, "deadline passed"));
    leave();
  }

  /**
   * The caller left, or its time is over. A call that is forwarded already goes on, so that its
   * reply can be saved (rule 6).
   */
  void leave() {
    left = true;
    if (stage == Stage.WAITING) {
      over();
      desk.keys().leave(request.key(), this);
    } else if (stage == Stage.POLLING) {
      vertx.cancelTimer(timer);
      end(new Ending.Again());
    }
    if (request.time().isOver(clock)) {
      fail(GrpcFailure.of(StatusCode.DEADLINE_EXCEEDED, "deadline passed"));
    } else {
      fail(GrpcFailure.of(StatusCode.CANCELLED, "cancelled by the caller"));
    }
  }

  // ---- behind another call of this process

  private void enter() {
    try {
      stage = Stage.WAITING; // before others can tell us anything
      if (desk.keys().enter(request.key(), this)) {
        claim();
      }
    } catch (Refused full) {
      over();
      fail(full);
    }
  }

  /** Hears how the call that led ended; from any thread. */
  @Override
  public void accept(Ending ending) {
    onLane(() -> heard(ending));
  }

  private void heard(Ending ending) {
    if (stage != Stage.WAITING) {
      return;
    }
    if (ending instanceof Ending.Failed failed) {
      over();
      fail(failed.refusal());
    } else if (ending instanceof Ending.Saved saved) {
      over();
      replay(saved.reply(), saved.payloadHash());
    } else {
      enter();
    }
  }

  // ---- leading

  private void claim() {
    stage = Stage.BUSY;
    Claim claim =
        desk.claim(
            request.key(), request.rowId(), request.payloadHash(), request.time().deadlineMillis());
    desk.write(claim, remaining())
        .onSuccess(found -> onLane(() -> look(claim, found)))
        .onFailure(why -> onLane(() -> notClaimed(claim, why)));
  }

  /** Nothing was forwarded; should the claim be there all the same, it is given back. */
  private void notClaimed(Claim claim, Throwable why) {
    desk.notClaimed(claim, why);
    if (!(why instanceof WriteFailure failure) || failure.code().maybeWritten()) {
      desk.release(claim);
    }
    Refused refusal = refusal(why);
    fail(refusal);
    end(new Ending.Failed(refusal));
  }

  private static Refused refusal(Throwable why) {
    return why instanceof WriteFailure failure && failure.code() == WriteFailure.Code.FULL
        ? Refused.withoutEffect(
            Reason.OVERLOADED, "too much waits to be written: " + failure.getMessage())
        : unavailable();
  }

  private static Refused unavailable() {
    return Refused.withoutEffect(
        Reason.UNAVAILABLE,
        "the database is away, and a call with an idempotency key needs it, try again later");
  }

  private void look(Claim claim, Optional<Stored> found) {
    Look look =
        IdempotencyRules.look(
            found, claim.claimId(), request.payloadHash(), clock.millis(), desk.anyPayload());
    if (look instanceof Look.Run ours) {
      desk.claimed(claim, ours.takenFrom());
      forward(claim);
    } else if (left) {
      end(new Ending.Again());
    } else if (look instanceof Look.Replay stored) {
      replay(stored.reply(), stored.payloadHash());
      end(new Ending.Saved(stored.reply(), stored.payloadHash()));
    } else if (look instanceof Look.Mismatch) {
      mismatch();
      end(new Ending.Again());
    } else if (look instanceof Look.Wait theirs) {
      poll(claim, theirs.untilMillis());
    } else {
      claim();
    }
  }

  private void poll(Claim claim, long untilMillis) {
    stage = Stage.POLLING;
    long pause = Math.max(1, Math.min(POLL_MILLIS, untilMillis - clock.millis()));
    timer = vertx.setTimer(pause, id -> lookAgain(claim));
  }

  private void lookAgain(Claim claim) {
    stage = Stage.BUSY;
    desk.read(claim)
        .onSuccess(found -> onLane(() -> look(claim, found)))
        .onFailure(why -> onLane(() -> notClaimed(claim, why)));
  }

  // ---- forwarding

  private void forward(Claim claim) {
    try {
      if (left) {
        throw unavailable(); // heard by nobody
      }
      request.admit().run();
      request.forward().get().onSuccess(ended -> onLane(() -> conclude(claim, ended)));
    } catch (RuntimeException refusal) {
      desk.release(claim);
      fail(refusal);
      end(new Ending.Again());
    }
  }

  private void conclude(Claim claim, Attempt.Ended ended) {
    Optional<ByteString> reply = Optional.ofNullable(ended.reply()).map(KeyedCall::message);
    switch (IdempotencyRules.after(ended.verdict(), reply)) {
      case SAVE -> save(claim, reply.orElseThrow());
      case RELEASE -> {
        desk.release(claim);
        ended.answer().onSuccess(answer::tryComplete).onFailure(this::fail);
        end(new Ending.Again());
      }
      case KEEP -> {
        desk.count(Event.KEPT);
        ended.answer().onFailure(this::fail);
        end(new Ending.Again());
      }
    }
  }

  /** The caller hears of a reply that cannot be stored as of an unknown outcome, at once. */
  private void save(Claim claim, ByteString reply) {
    if (held == request.bytes()) {
      desk.held().add(reply.size());
      held += reply.size();
    }
    desk.save(claim, reply)
        .onSuccess(committed -> onLane(() -> saved(claim, reply)))
        .onFailure(why -> onLane(() -> notSaved(claim, reply, why)));
  }

  /** After the lease another call may have taken over, and then nothing was stored. */
  private void saved(Claim claim, ByteString reply) {
    if (clock.millis() < claim.leaseUntil().toEpochMilli()) {
      answer.tryComplete(frame(reply));
      end(new Ending.Saved(reply, claim.payloadHash()));
    } else {
      fail(GrpcFailure.of(StatusCode.DEADLINE_EXCEEDED, "the callee answered too late"));
      end(new Ending.Again());
    }
  }

  private void notSaved(Claim claim, ByteString reply, Throwable why) {
    String text = "the callee answered, but its reply could not be stored: use the same key again";
    fail(GrpcFailure.of(StatusCode.UNAVAILABLE, text));
    boolean mayWork = why instanceof WriteFailure failure && failure.code().retry();
    if (mayWork && clock.millis() < claim.leaseUntil().toEpochMilli()) {
      vertx.setTimer(SAVE_AGAIN_MILLIS, id -> save(claim, reply));
    } else {
      desk.notSaved(claim, why);
      end(new Ending.Again());
    }
  }

  // ---- answers

  /** Another call's reply, if this one may have it: permissions may have changed meanwhile. */
  private void replay(ByteString reply, ByteString payloadHash) {
    if (IdempotencyRules.mismatch(payloadHash, request.payloadHash(), desk.anyPayload())) {
      mismatch();
      return;
    }
    try {
      request.admit().run();
      desk.count(Event.REPLAYED);
      answer.tryComplete(frame(reply));
    } catch (RuntimeException refusal) {
      fail(refusal);
    }
  }

  private void mismatch() {
    desk.mismatch(request.key());
    fail(
        GrpcFailure.of(
            StatusCode.ALREADY_EXISTS,
            "idempotency_key: used with another payload (expected: the same payload, or a new key)"));
  }

  private void end(Ending ending) {
    over();
    desk.keys().end(request.key(), ending);
  }

  /** Nothing is held any more. Nobody comes back from here. */
  private void over() {
    stage = Stage.OVER;
    desk.held().give(held);
    held = 0;
  }

  private void fail(Throwable why) {
    answer.tryFail(why);
  }

  private long remaining() {
    return request.time().remaining(clock);
  }

  private void onLane(Runnable task) {
    lane.execute(task);
  }

  private static ByteString message(Buffer frame) {
    return UnsafeByteOperations.unsafeWrap(frame.getBytes(Frames.HEADER, frame.length()));
  }

  /** Many may get one reply at once: they share its bytes. */
  private static Buffer frame(ByteString message) {
    ByteBuf head = Unpooled.buffer(Frames.HEADER).writeByte(0).writeInt(message.size());
    ByteBuf body = Unpooled.wrappedBuffer(message.asReadOnlyByteBuffer());
    return BufferInternal.buffer(Unpooled.wrappedBuffer(head, body));
  }
}
