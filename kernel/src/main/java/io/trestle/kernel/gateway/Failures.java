package io.trestle.kernel.gateway;

import com.google.protobuf.InvalidProtocolBufferException;
import io.trestle.conversations.Refused;
import io.trestle.protocol.StatusCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns whatever went wrong into a gRPC status. The unexpected is logged here and becomes INTERNAL
 * without a word.
 */
final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  static GrpcFailure of(Throwable cause, String path, Caller caller) {
    if (cause instanceof GrpcFailure failure) {
      return failure;
    }
    if (cause instanceof Refused refused) {
      return of(refused);
    }
    if (cause instanceof InvalidProtocolBufferException) {
      return GrpcFailure.of(StatusCode.INVALID_ARGUMENT, "malformed request");
    }
    LOG.error(
        "event=call_failed method={} service={} instance={}",
        path,
        caller.serviceId(),
        caller.instanceId(),
        cause);
    return GrpcFailure.of(StatusCode.INTERNAL, "internal error");
  }

  private static GrpcFailure of(Refused refused) {
    StatusCode status = StatusCode.of(refused.reason().number());
    String message = refused.getMessage() == null ? "" : refused.getMessage();
    return refused.withoutEffect()
        ? GrpcFailure.notDispatched(status, message)
        : GrpcFailure.of(status, message);
  }
}
