package io.trestle.sdk.http;

import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.ServiceBridgeException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request from waiting for its turn to its end. What ends it first counts: the answer, a
 * failure, the timeout, or the application that cancels. The end is told once, before the
 * application hears of it, so that its next call meets a circuit that knows.
 */
final class ServiceExchange {
  private final String name;
  private final Consumer<End> ends;
  private final CompletableFuture<ServiceResponse> result = new CompletableFuture<>();
  private final CompletableFuture<ServiceResponse> answer = new Answer();
  private volatile @Nullable CompletableFuture<?> running;

  /** How it ended. */
  sealed interface End {}

  /** With an answer. */
  record Answered(ServiceResponse response) implements End {}

  /** Without one. */
  record Broken(ServiceBridgeException error) implements End {}

  /** Nobody waits any more. */
  record Abandoned() implements End {}

  /** What the application holds. */
  private final class Answer extends CompletableFuture<ServiceResponse> {
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      result.cancel(mayInterruptIfRunning);
      return super.cancel(mayInterruptIfRunning);
    }
  }

  ServiceExchange(String name, Consumer<End> ends) {
    this.name = name;
    this.ends = ends;
    var unused = result.whenComplete(this::ended);
  }

  /** Completes first; what it is completed with decides. */
  CompletableFuture<ServiceResponse> result() {
    return result;
  }

  /** Completes after the end was told. */
  CompletableFuture<ServiceResponse> answer() {
    return answer;
  }

  /** Sends it when it is its turn. */
  void begin(HttpClient http, Turnstile turnstile, HttpRequest request) {
    turnstile.enter(
        () -> {
          if (result.isDone()) {
            turnstile.leave();
            return;
          }
          CompletableFuture<HttpResponse<byte[]>> sent =
              http.sendAsync(request, BodyHandlers.ofByteArray());
          running = sent;
          var unused =
              sent.whenComplete(
                  (response, failure) -> {
                    turnstile.leave();
                    heard(response, failure);
                  });
          if (result.isDone()) {
            sent.cancel(true);
          }
        });
  }

  private void heard(@Nullable HttpResponse<byte[]> response, @Nullable Throwable failure) {
    if (response != null) {
      result.complete(
          new ServiceResponse(response.statusCode(), response.headers(), response.body()));
    } else if (failure != null) {
      result.completeExceptionally(failure);
    }
  }

  private void ended(@Nullable ServiceResponse response, @Nullable Throwable failure) {
    if (response != null) {
      ends.accept(new Answered(response));
      answer.complete(response);
      return;
    }
    CompletableFuture<?> sent = running;
    if (sent != null) {
      sent.cancel(true);
    }
    if (failure instanceof CancellationException) {
      ends.accept(new Abandoned());
      return;
    }
    ServiceBridgeException error = error(failure);
    ends.accept(new Broken(error));
    if (error instanceof CallTimeoutException) {
      // not on the one thread that tells everybody's timeouts
      var unused = CompletableFuture.runAsync(() -> answer.completeExceptionally(error));
    } else {
      answer.completeExceptionally(error);
    }
  }

  private ServiceBridgeException error(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
    if (cause instanceof TimeoutException) {
      return new CallTimeoutException("http " + name + ": no answer within the timeout");
    }
    if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
      return new ConnectionException("http " + name + ": no connection", -1, cause);
    }
    String text = "http " + name + ": the connection broke: " + cause;
    return new ServiceBridgeException(ErrorCode.INTERNAL, text, cause);
  }
}
