package io.trestle.sdk.protobuf;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads a publisher to its end, one by one. */
final class Gathered<T> implements Flow.Subscriber<T> {
  private final List<T> items = new ArrayList<>();
  private final CompletableFuture<List<T>> end = new CompletableFuture<>();
  private Flow.@Nullable Subscription subscription;

  static <T> CompletableFuture<List<T>> from(Flow.Publisher<T> publisher) {
    Gathered<T> gathered = new Gathered<>();
    publisher.subscribe(gathered);
    return gathered.end;
  }

  static <T> List<T> of(Flow.Publisher<T> publisher) {
    return from(publisher).orTimeout(60, TimeUnit.SECONDS).join();
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(1);
  }

  @Override
  public void onNext(T item) {
    items.add(item);
    Objects.requireNonNull(subscription).request(1);
  }

  @Override
  public void onError(Throwable failure) {
    end.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    end.complete(items);
  }
}
