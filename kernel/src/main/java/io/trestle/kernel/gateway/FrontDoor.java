package io.trestle.kernel.gateway;

import io.trestle.kernel.gateway.GatewayMetrics.Reason;
import io.trestle.kernel.gateway.MethodTable.Route;
import io.trestle.protocol.StatusCode;
import org.jspecify.annotations.Nullable;

/**
 * Judges every request, in this order, before a byte of its body is looked at: is it gRPC at all,
 * who calls, are calls taken, is there such a method, may this caller use it. What passes becomes a
 * call; its message is decoded after that.
 *
 * <p>The caller comes before everything that would tell something about the house: a client without
 * identity gets the same answer for methods that exist and for those that do not. One door per
 * event loop.
 */
final class FrontDoor {
  private static final int METHOD_NOT_ALLOWED = 405;
  private static final int UNSUPPORTED_MEDIA_TYPE = 415;
  private static final String UNKNOWN = "unknown";

  private final Loop loop;
  private final GatewayShared shared;

  FrontDoor(Loop loop, GatewayShared shared) {
    this.loop = loop;
    this.shared = shared;
  }

  void request(RequestStream request, ClientConnection connection) {
    connection.requested();
    judge(request, connection);
    connection.requestJudged();
  }

  private void judge(RequestStream request, ClientConnection connection) {
    int httpStatus = httpStatus(request);
    if (httpStatus != 0) {
      shared.metrics().refused(Reason.CONTENT_TYPE);
      new ResponseWriter(loop, shared.options(), request).http(httpStatus);
      return;
    }
    String path = request.path();
    Route route = shared.table().route(path);
    Caller caller = Caller.ANONYMOUS;
    try {
      caller = route.facade().authenticator().authenticate(connection.peer(), request);
      connection.known(caller);
      admit(request, connection, route, caller);
    } catch (GrpcFailure failure) {
      refuse(request, route, failure);
    } catch (RuntimeException failure) {
      refuse(request, route, Failures.of(failure, path, caller));
    }
  }

  private void admit(
      RequestStream request, ClientConnection connection, Route route, Caller caller) {
    MethodHandler method = route.handler();
    boolean anybody = method != null && method.access() == Access.ANYBODY;
    if (!anybody && caller.kind() == Caller.Kind.ANONYMOUS) {
      throw GrpcFailure.of(StatusCode.UNAUTHENTICATED, "no identity was shown");
    }
    if (shared.drain().draining()) {
      throw draining();
    }
    checkAccess(route, caller);
    begin(request, connection, method, caller);
  }

  private static void checkAccess(Route route, Caller caller) {
    MethodHandler method = route.handler();
    if (method == null && !route.closed()) {
      throw GrpcFailure.of(StatusCode.UNIMPLEMENTED, "unknown method");
    }
    if (!mayCall(method, caller)) {
      throw GrpcFailure.of(StatusCode.PERMISSION_DENIED, "access denied");
    }
  }

  private static boolean mayCall(@Nullable MethodHandler method, Caller caller) {
    return method != null
        && switch (method.access()) {
          case ANYBODY -> true;
          case SERVICE -> caller.kind() == Caller.Kind.SERVICE;
          case NOBODY -> false;
        };
  }

  private void begin(
      RequestStream request,
      ClientConnection connection,
      @Nullable MethodHandler method,
      Caller caller) {
    if (method == null) {
      throw new IllegalStateException("a call without a method");
    }
    long timeout = Timeouts.millis(request.get("grpc-timeout"));
    if (method.isCall() && !shared.drain().enter()) {
      throw draining();
    }
    CallLife call = new CallLife(loop, shared, connection, request, method, caller, timeout);
    call.begin();
    Dispatcher.dispatch(call);
  }

  private void refuse(RequestStream request, Route route, GrpcFailure failure) {
    MethodHandler method = route.handler();
    shared.metrics().answered(method == null ? UNKNOWN : method.path(), failure.status());
    shared.metrics().refused(reasonOf(failure.status()));
    new ResponseWriter(loop, shared.options(), request).fail(failure);
  }

  private static int httpStatus(RequestStream request) {
    String type = request.get("content-type");
    if (!"application/grpc".equals(type) && !"application/grpc+proto".equals(type)) {
      return UNSUPPORTED_MEDIA_TYPE;
    }
    return "POST".equals(request.method()) ? 0 : METHOD_NOT_ALLOWED;
  }

  private static GrpcFailure draining() {
    return GrpcFailure.notDispatched(StatusCode.UNAVAILABLE, "the runtime stops");
  }

  private static Reason reasonOf(StatusCode status) {
    return switch (status) {
      case UNAUTHENTICATED -> Reason.UNAUTHENTICATED;
      case UNAVAILABLE -> Reason.DRAINING;
      case UNIMPLEMENTED -> Reason.UNKNOWN_METHOD;
      case PERMISSION_DENIED -> Reason.DENIED;
      default -> Reason.MALFORMED;
    };
  }
}
