package io.trestle.kernel.gateway;

import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Identity;
import io.vertx.core.Future;
import java.security.cert.X509Certificate;
import java.util.function.Predicate;

/**
 * The gRPC listener. Modules mount facades and methods before it is bound; it is bound last, when
 * all is ready. Thread: every method may be called from any thread; handlers run on the event loop
 * of their connection.
 */
public interface Gateway {
  /** Adds a facade: a proto package with the authenticator that guards it. */
  void mount(Facade facade);

  /**
   * Adds one method to the facade of its proto package. A second handler of one path is an error.
   */
  void method(MethodHandler handler);

  /**
   * Closes all paths that begin so and have no handler: {@code PERMISSION_DENIED} for every
   * authenticated caller, as for a method of {@link Access#NOBODY}.
   */
  void closed(String pathPrefix);

  /**
   * Sets what the listener shows and trusts; calls in flight go on. Completes when new handshakes
   * see it, at once before the listener is bound.
   */
  Future<Void> identity(Identity identity, X509Certificate authority);

  /**
   * Ends every open call of the callers that match with this status, at once. Their connections
   * stay, so that the status arrives.
   */
  void end(Predicate<Caller> who, StatusCode status, String message);

  /** Ends like {@link #end} and then closes the connections of these callers. */
  void disconnect(Predicate<Caller> who, StatusCode status, String message);
}
