package io.trestle.examples.orderflow.storefront;

import com.google.protobuf.Message;
import io.trestle.examples.orderflow.v1.Served;
import io.trestle.sdk.AccessDeniedException;
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

  Remote(
      ProtobufRpc rpc,
      String service,
      String method,
      Class<Q> requests,
      Class<R> replies,
      Function<R, Served> served,
      CallBook book) {
    this.target = service + "/" + method;
    this.method = rpc.method(service, method, requests, replies).withDefaults(OPTIONS);
    this.served = served;
    this.book = book;
  }

  /**
   * Calls once, as far as the application is concerned: the SDK repeats on proof that nothing ran.
   */
  R call(Q request, String orderId) {
    return call(request, orderId, CallOptions.DEFAULT);
  }

  /** The same with options of its own. */
  R call(Q request, String orderId, CallOptions options) {
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
    } catch (AccessDeniedException e) {
      book.denied(target);
      throw e;
    } catch (ServiceBridgeException e) {
      book.failed(target, e.code().name());
      throw e;
    }
  }

  /** The code of a failure: the handler's own if it gave one. */
  static String code(ServiceBridgeException e) {
    return e instanceof HandlerException answer ? answer.handlerCode() : e.code().name();
  }
}
