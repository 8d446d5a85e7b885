package io.trestle.rpc.core;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.protocol.TraceContext;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.v1.InvokeRequest;
import java.io.IOException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An {@code InvokeRequest} as the call that is forwarded. The payload is never decoded, and it is a
 * view of the request's bytes until it is written; the reply needs no translation at all, because
 * {@code CallResponse} and {@code InvokeResponse} have the same fields under the same numbers.
 *
 * @param trace canonical trace value, or empty: then the callee starts the root
 */
public record Forward(
    UUID target,
    String method,
    String contractHash,
    Set<UUID> excluded,
    String trace,
    CallRequest call) {
  /** Largest forwarded message, all fields together (rpc.md 3.3). */
  public static final int MAX_BYTES = 4 << 20;

  /**
   * Reads a request, whose bytes must not change any more.
   *
   * @param traceHeader metadata value, which wins over the body
   * @throws Refused INVALID for what no instance could answer, OVERLOADED when it is too large to
   *     forward
   */
  public static Forward of(ByteString request, UUID caller, @Nullable String traceHeader) {
    InvokeRequest invoke = parse(request);
    UUID target = target(invoke.getTargetServiceId());
    if (invoke.getMethod().isEmpty()) {
      throw Refused.of(Reason.INVALID, "method: empty (expected: a method name)");
    }
    String trace = trace(traceHeader, invoke.getXSbTrace());
    CallRequest call = call(invoke, caller, trace);
    if (call.getSerializedSize() > MAX_BYTES) {
      throw Refused.of(
          Reason.OVERLOADED,
          "request: " + call.getSerializedSize() + " bytes (expected: at most " + MAX_BYTES + ")");
    }
    String hash = invoke.getContractHash().toStringUtf8();
    return new Forward(target, invoke.getMethod(), hash, excluded(invoke), trace, call);
  }

  private static InvokeRequest parse(ByteString request) {
    try {
      CodedInputStream in = request.newCodedInput();
      in.enableAliasing(true);
      InvokeRequest invoke = InvokeRequest.parseFrom(in);
      in.checkLastTagWas(0);
      return invoke;
    } catch (InvalidProtocolBufferException e) {
      throw Refused.of(Reason.INVALID, "malformed request");
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail to be read", e);
    }
  }

  private static CallRequest call(InvokeRequest invoke, UUID caller, String trace) {
    ByteString payload = invoke.getPayload();
    return CallRequest.newBuilder()
        .setMethod(invoke.getMethod())
        .setPayload(payload)
        .setCallerService(caller.toString())
        .setRequestId(invoke.getRequestId())
        .setIdempotencyKey(invoke.getIdempotencyKey())
        .setXSbTrace(trace)
        .build();
  }

  private static String trace(@Nullable String header, String body) {
    return TraceContext.parse(header)
        .or(() -> TraceContext.parse(body))
        .map(TraceContext::format)
        .orElse("");
  }

  private static UUID target(String text) {
    return uuid(text)
        .orElseThrow(
            () ->
                Refused.of(Reason.INVALID, "target_service_id: '" + text + "' (expected: a UUID)"));
  }

  /** Exclusions are advice: what is no UUID names no instance of ours. */
  private static Set<UUID> excluded(InvokeRequest invoke) {
    Set<UUID> excluded = new HashSet<>();
    invoke.getExcludeInstanceIdsList().forEach(id -> uuid(id).ifPresent(excluded::add));
    return excluded;
  }

  private static Optional<UUID> uuid(String text) {
    if (text.length() != 36) {
      return Optional.empty();
    }
    try {
      UUID id = UUID.fromString(text);
      boolean canonical = id.toString().equals(text.toLowerCase(Locale.ROOT));
      return canonical ? Optional.of(id) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
