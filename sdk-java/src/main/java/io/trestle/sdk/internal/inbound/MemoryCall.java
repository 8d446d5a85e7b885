package io.trestle.sdk.internal.inbound;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Frames;
import io.trestle.sdk.internal.call.MemoryPeer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One inbound call whose caller is in the same process. Any thread. */
final class MemoryCall implements Exchange {
  private final SpiffeId caller;
  private final boolean streaming;
  private final long timeoutNanos;
  private final MemoryPeer.Answer answer;
  private @Nullable Runnable onGone;
  private boolean over;

  MemoryCall(SpiffeId caller, boolean streaming, long timeoutNanos, MemoryPeer.Answer answer) {
    this.caller = caller;
    this.streaming = streaming;
    this.timeoutNanos = timeoutNanos;
    this.answer = answer;
  }

  /** The caller leaves. */
  void leave() {
    Runnable action;
    synchronized (this) {
      action = over ? null : onGone;
      over = true;
      onGone = null;
    }
    if (action != null) {
      action.run();
    }
  }

  @Override
  public Optional<SpiffeId> caller() {
    return Optional.of(caller);
  }

  @Override
  public boolean streaming() {
    return streaming;
  }

  @Override
  public long timeoutNanos() {
    return timeoutNanos;
  }

  @Override
  public @Nullable String trace() {
    return null;
  }

  @Override
  public void entered(Runnable action) {
    synchronized (this) {
      if (!over) {
        onGone = action;
        return;
      }
    }
    action.run();
  }

  @Override
  public void withdrawn() {}

  @Override
  public void finish(Frames.Body body) {
    if (end()) {
      answer.message(encoded(body), () -> {});
      answer.end(CallStatus.OK);
    }
  }

  @Override
  public void finish(CallStatus status) {
    if (end()) {
      answer.end(status);
    }
  }

  @Override
  public void chunk(Frames.Body body, Runnable gone) {
    boolean late;
    synchronized (this) {
      late = over;
    }
    if (late) {
      gone.run();
    } else {
      answer.message(encoded(body), gone);
    }
  }

  @Override
  public void finishStream() {
    finish(CallStatus.OK);
  }

  private synchronized boolean end() {
    boolean first = !over;
    over = true;
    onGone = null;
    return first;
  }

  private static ByteBuf encoded(Frames.Body body) {
    ByteBuf message = Unpooled.buffer(Math.max(1, body.size()));
    try {
      body.writeTo(message);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return message;
  }
}
