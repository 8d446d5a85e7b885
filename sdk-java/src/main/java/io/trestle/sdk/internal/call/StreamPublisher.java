package io.trestle.sdk.internal.call;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads streams by demand. Each subscriber has a call of his own, which begins when he subscribes;
 * what he does not ask for slows the handler down.
 */
record StreamPublisher<C extends Chunks>(Supplier<C> calls, Consumer<C> start)
    implements Flow.Publisher<byte[]> {
  private static final Logger LOG = System.getLogger("io.trestle.sdk");

  @Override
  public void subscribe(Flow.Subscriber<? super byte[]> subscriber) {
    C call = calls.get();
    Reading reading = new Reading(call, subscriber);
    subscriber.onSubscribe(reading);
    call.inbox().onChange(reading::go);
    start.accept(call);
    reading.go();
  }

  /** One subscriber. His methods are called by one thread at a time, in order. */
  private static final class Reading implements Flow.Subscription {
    private final Chunks call;
    private final Flow.Subscriber<? super byte[]> subscriber;
    private final AtomicLong demand = new AtomicLong();
    private final AtomicInteger wanted = new AtomicInteger(); // how often to look
    private volatile @Nullable Throwable misuse;
    private volatile boolean over;

    Reading(Chunks call, Flow.Subscriber<? super byte[]> subscriber) {
      this.call = call;
      this.subscriber = subscriber;
    }

    @Override
    public void request(long n) {
      if (n <= 0) {
        misuse = new IllegalArgumentException("request: " + n + " (expected: 1 or more)");
      } else {
        demand.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
      }
      go();
    }

    @Override
    public void cancel() {
      over = true;
      call.cancel();
    }

    // Whoever comes first works for all that come meanwhile.
    void go() {
      if (wanted.getAndIncrement() != 0) {
        return;
      }
      int seen = 1;
      do {
        deliver();
        seen = wanted.addAndGet(-seen);
      } while (seen != 0);
    }

    private void deliver() {
      Throwable wrong = misuse;
      if (!over && wrong != null) {
        cancel();
        subscriber.onError(wrong);
      }
      while (!over) {
        if (demand.get() == 0 && !call.inbox().atEnd()) {
          return;
        }
        Inbox.Item item = call.inbox().poll();
        if (item == null) {
          return;
        } else if (item instanceof Inbox.Item.Chunk chunk) {
          demand.decrementAndGet();
          hand(chunk.payload());
        } else if (item instanceof Inbox.Item.End end) {
          over = true;
          finish(end.failure());
        }
      }
    }

    // A subscriber that throws has left (Reactive Streams, rule 2.13).
    private void hand(byte[] chunk) {
      try {
        subscriber.onNext(chunk);
      } catch (RuntimeException | Error e) {
        LOG.log(Level.ERROR, "a subscriber failed, its call is cancelled", e);
        cancel();
      }
    }

    private void finish(@Nullable Throwable failure) {
      if (failure == null) {
        subscriber.onComplete();
      } else {
        subscriber.onError(failure);
      }
    }
  }
}
