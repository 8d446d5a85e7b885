package io.trestle.sdk.internal.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.Transport;
import io.trestle.sdk.internal.call.TestFleet.Callee;
import io.trestle.sdk.internal.call.TestFleet.Client;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** What tests of direct calls share. */
final class Calls {
  static final CallOptions DIRECT =
      CallOptions.DEFAULT.withTransport(Transport.DIRECT).withTimeout(Duration.ofSeconds(15));
  static final CallOptions ONCE = DIRECT.withRetry(RetryPolicy.NONE);

  private Calls() {}

  static Callee echo(Callee callee) throws Exception {
    callee.handlers.add("echo", (p, c) -> p);
    return callee.listen().ready();
  }

  static byte[] forever(
      CallContext context, AtomicReference<CallContext> seen, CountDownLatch interrupted)
      throws InterruptedException {
    seen.set(context);
    try {
      new CountDownLatch(1).await();
      return new byte[0];
    } catch (InterruptedException e) {
      interrupted.countDown();
      throw e;
    }
  }

  static CompletableFuture<byte[]> untilCancelled(CallContext context) {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    context.onCancel(() -> answer.complete(new byte[0]));
    return answer;
  }

  static byte[] hold(CountDownLatch release, byte[] payload) {
    try {
      release.await();
      return payload;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static CallOptions fast(int attempts) {
    return DIRECT.withRetry(
        new RetryPolicy(attempts, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0));
  }

  static byte[] call(Client client, String method, byte[] payload, CallOptions options)
      throws Exception {
    return client
        .caller
        .call(TestFleet.SERVICE, method, payload, options)
        .get(60, TimeUnit.SECONDS);
  }

  static Throwable failure(Client client, String method, byte[] payload, CallOptions options) {
    Throwable thrown = catchThrowable(() -> call(client, method, payload, options));
    return thrown instanceof ExecutionException e && e.getCause() != null ? e.getCause() : thrown;
  }

  static ErrorCode code(Throwable failure) {
    return ((ServiceBridgeException) failure).code();
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
