package io.trestle.sdk.protobuf;

import io.trestle.sdk.RpcMethod;
import java.util.concurrent.Flow;

/** A streamed answer by demand, decoded. One chunk is one message, so demand passes unchanged. */
record TypedPublisher<R>(RpcMethod method, MessageType<R> type, Flow.Publisher<byte[]> chunks)
    implements Flow.Publisher<R> {

  @Override
  public void subscribe(Flow.Subscriber<? super R> subscriber) {
    chunks.subscribe(new Decoding<>(method, type, subscriber));
  }

  /** One subscriber; his methods are called by one thread at a time. */
  private static final class Decoding<R> implements Flow.Subscriber<byte[]> {
    private final RpcMethod method;
    private final MessageType<R> type;
    private final Flow.Subscriber<? super R> subscriber;
    private Flow.Subscription call = NOTHING;
    private long count;
    private boolean failed;

    private static final Flow.Subscription NOTHING =
        new Flow.Subscription() {
          @Override
          public void request(long n) {}

          @Override
          public void cancel() {}
        };

    Decoding(RpcMethod method, MessageType<R> type, Flow.Subscriber<? super R> subscriber) {
      this.method = method;
      this.type = type;
      this.subscriber = subscriber;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      call = subscription;
      subscriber.onSubscribe(subscription);
    }

    @Override
    public void onNext(byte[] chunk) {
      if (failed) {
        return;
      }
      R message;
      try {
        message = Reply.decode(method, "chunk " + ++count, type, chunk);
      } catch (RuntimeException e) {
        call.cancel();
        onError(e);
        return;
      }
      subscriber.onNext(message);
    }

    @Override
    public void onError(Throwable failure) {
      if (!failed) {
        failed = true;
        subscriber.onError(failure);
      }
    }

    @Override
    public void onComplete() {
      if (!failed) {
        subscriber.onComplete();
      }
    }
  }
}
