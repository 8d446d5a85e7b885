package io.trestle.testing;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.ServiceBridgeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for handlers, and throws what they failed with. */
final class EventWait {
  private static final long SECONDS = 10;

  private EventWait() {}

  static void on(CompletableFuture<Void> handled) {
    try {
      handled.get(SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new ServiceBridgeException(ErrorCode.INTERNAL, String.valueOf(e.getCause()), e);
    } catch (TimeoutException e) {
      throw new CallTimeoutException("handlers have not ended within " + SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServiceBridgeException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }
}
