package io.trestle.examples.orderflow.storefront;

import com.google.protobuf.Message;
import io.trestle.examples.orderflow.v1.Served;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.Transport;
import io.trestle.sdk.protobuf.ProtobufRpc;
import java.time.Duration;
import java.util.function.Function;

/** A method of another service, with a book of what became of its calls. */
final class Remote<Q extends Message, R extends Message> {
  private static final CallOptions OPTIONS = CallOptions.timeoutOf(Duration.ofSeconds(5));

  private final String target;
  private final ProtobufRpc.Method<Q, R> method;
  private final Function<R, Served> served;
  private final CallBook book;
  private final CallOptions options;

  Remote(
      ProtobufRpc rpc,
      String service,
      String method,
      Class<Q> requests,
      Class<R> replies,
      Function<R, Served> served,
      CallBook book) {
    this(
        service + "/" + method,
        rpc.method(service, method, requests, replies),
        served,
        book,
        OPTIONS);
  }

  private Remote(
      String target,
      ProtobufRpc.Method<Q, R> method,
      Function<R, Served> served,
      CallBook book,
      CallOptions options) {
    this.target = target;
    this.method = method;
    this.served = served;
    this.book = book;
    this.options = options;
  }

  /** The same by another way. */
  Remote<Q, R> through(Transport transport) {
    return new Remote<>(target, method, served, book, options.withTransport(transport));
  }

  /**
   * Calls once, as far as the application is concerned: the SDK repeats on proof that nothing ran.
   */
  R call(Q request, String orderId) {
    long start = System.nanoTime();
    try {
      R reply = method.call(request, options.withRequestId(orderId));
      Served by = served.apply(reply);
      boolean fellBack = by.getProxied() && options.transport() != Transport.PROXY;
      book.answered(target, by, fellBack, System.nanoTime() - start);
      return reply;
    } catch (HandlerException e) {
      book.refused(target, e.handlerCode());
      throw e;
    } catch (ServiceBridgeException e) {
      book.failed(target, e.code().name());
      throw e;
    }
  }
}
