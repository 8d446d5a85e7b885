package io.trestle.sdk.internal.session;

import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.RegistryEvent;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.internal.wire.RuntimeCalls;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The registry stream, of which only the newest counts: a new registration is sent before the old
 * stream is cancelled, so that this instance is never without one. The first frame of a stream must
 * be a snapshot; an update before it breaks the protocol and ends the stream. On the lane.
 */
final class RegistryStream {
  private final PinnedChannel control;
  private final Consumer<RegistryEvent> frames;
  private final Consumer<SessionFailure> ended;
  private @Nullable One open;

  RegistryStream(
      PinnedChannel control, Consumer<RegistryEvent> frames, Consumer<SessionFailure> ended) {
    this.control = control;
    this.frames = frames;
    this.ended = ended;
  }

  /** Opens a stream, and replaces one that is open. */
  void open(RegisterRequest request) {
    One old = open;
    One one = new One();
    open = one;
    one.handle =
        RuntimeCalls.stream(control, Methods.REGISTER_AND_WATCH, request, one::onFrame, one::onEnd);
    if (old != null) {
      old.cancel();
    }
  }

  /** Whether a stream is open. */
  boolean isOpen() {
    return open != null;
  }

  /** Ends it silently. */
  void close() {
    One old = open;
    open = null;
    if (old != null) {
      old.cancel();
    }
  }

  private final class One {
    private RuntimeCalls.@Nullable Handle handle;
    private boolean begun;

    void onFrame(RegistryEvent frame) {
      if (open != this) {
        return;
      }
      if (!begun && !frame.hasSnapshot()) {
        cancel();
        end(SessionFailure.passing("registry: an update before the first snapshot"));
        return;
      }
      begun = true;
      frames.accept(frame);
    }

    void onEnd(CallStatus status) {
      end(SessionFailure.ofRegistry(status));
    }

    void cancel() {
      if (handle != null) {
        handle.cancel();
      }
    }

    private void end(SessionFailure failure) {
      if (open == this) {
        open = null;
        ended.accept(failure);
      }
    }
  }
}
