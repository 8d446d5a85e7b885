package io.trestle.sdk.internal.wire;

import static io.trestle.protocol.wire.FieldWriter.size;
import static io.trestle.protocol.wire.FieldWriter.write;

import io.netty.buffer.ByteBuf;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.v1.CallResponse;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.wire.FieldReader;
import io.trestle.protocol.wire.Frames;
import java.io.IOException;
import java.util.List;

/**
 * The four messages a call is made of, written and read by hand. The generated classes copy a
 * payload three times on its way (array, {@code ByteString}, array, frame); here it is copied once
 * in each direction. The bytes are those of the generated classes, which a test holds side by side.
 */
public final class CallMessages {
  private static final byte[] NOTHING = new byte[0];

  private CallMessages() {}

  /** What both {@code CallRequest} and {@code InvokeRequest} carry. */
  public record Request(
      String method,
      byte[] payload,
      String callerService,
      String requestId,
      String idempotencyKey,
      String trace) {}

  /** {@code CallResponse} and {@code InvokeResponse}, which are alike. */
  public record Response(byte[] payload, String errorCode, String errorMessage) {}

  /** The size of the {@code CallRequest}, in bytes: what limits apply to. */
  public static int callRequestSize(Request request) {
    return size(CallRequest.METHOD_FIELD_NUMBER, request.method)
        + size(CallRequest.PAYLOAD_FIELD_NUMBER, request.payload)
        + size(CallRequest.CALLER_SERVICE_FIELD_NUMBER, request.callerService)
        + size(CallRequest.REQUEST_ID_FIELD_NUMBER, request.requestId)
        + size(CallRequest.IDEMPOTENCY_KEY_FIELD_NUMBER, request.idempotencyKey)
        + size(CallRequest.X_SB_TRACE_FIELD_NUMBER, request.trace);
  }

  /** The body of a {@code CallRequest}. */
  public static Frames.Body callRequest(Request request) {
    return body(
        callRequestSize(request),
        out -> {
          write(out, CallRequest.METHOD_FIELD_NUMBER, request.method);
          write(out, CallRequest.PAYLOAD_FIELD_NUMBER, request.payload);
          write(out, CallRequest.CALLER_SERVICE_FIELD_NUMBER, request.callerService);
          write(out, CallRequest.REQUEST_ID_FIELD_NUMBER, request.requestId);
          write(out, CallRequest.IDEMPOTENCY_KEY_FIELD_NUMBER, request.idempotencyKey);
          write(out, CallRequest.X_SB_TRACE_FIELD_NUMBER, request.trace);
        });
  }

  /** The body of an {@code InvokeRequest}, with the empty contract hash. */
  public static Frames.Body invokeRequest(
      Request request, String targetServiceId, List<String> excludedInstances) {
    return invokeRequest(request, targetServiceId, "", excludedInstances);
  }

  /** The body of an {@code InvokeRequest}. */
  public static Frames.Body invokeRequest(
      Request request,
      String targetServiceId,
      String contractHash,
      List<String> excludedInstances) {
    int size =
        size(InvokeRequest.TARGET_SERVICE_ID_FIELD_NUMBER, targetServiceId)
            + size(InvokeRequest.METHOD_FIELD_NUMBER, request.method)
            + size(InvokeRequest.PAYLOAD_FIELD_NUMBER, request.payload)
            + size(InvokeRequest.REQUEST_ID_FIELD_NUMBER, request.requestId)
            + size(InvokeRequest.IDEMPOTENCY_KEY_FIELD_NUMBER, request.idempotencyKey)
            + size(InvokeRequest.X_SB_TRACE_FIELD_NUMBER, request.trace)
            + size(InvokeRequest.CONTRACT_HASH_FIELD_NUMBER, contractHash);
    for (String id : excludedInstances) {
      size += size(InvokeRequest.EXCLUDE_INSTANCE_IDS_FIELD_NUMBER, id);
    }
    return body(
        size,
        out -> {
          write(out, InvokeRequest.TARGET_SERVICE_ID_FIELD_NUMBER, targetServiceId);
          write(out, InvokeRequest.METHOD_FIELD_NUMBER, request.method);
          write(out, InvokeRequest.PAYLOAD_FIELD_NUMBER, request.payload);
          write(out, InvokeRequest.REQUEST_ID_FIELD_NUMBER, request.requestId);
          write(out, InvokeRequest.IDEMPOTENCY_KEY_FIELD_NUMBER, request.idempotencyKey);
          write(out, InvokeRequest.X_SB_TRACE_FIELD_NUMBER, request.trace);
          write(out, InvokeRequest.CONTRACT_HASH_FIELD_NUMBER, contractHash);
          for (String id : excludedInstances) {
            write(out, InvokeRequest.EXCLUDE_INSTANCE_IDS_FIELD_NUMBER, id);
          }
        });
  }

  /** The size of a {@code CallResponse}, in bytes. */
  public static int responseSize(Response response) {
    return size(CallResponse.PAYLOAD_FIELD_NUMBER, response.payload)
        + size(CallResponse.ERROR_CODE_FIELD_NUMBER, response.errorCode)
        + size(CallResponse.ERROR_MESSAGE_FIELD_NUMBER, response.errorMessage);
  }

  /** The body of a {@code CallResponse}. */
  public static Frames.Body response(Response response) {
    return body(
        responseSize(response),
        out -> {
          write(out, CallResponse.PAYLOAD_FIELD_NUMBER, response.payload);
          write(out, CallResponse.ERROR_CODE_FIELD_NUMBER, response.errorCode);
          write(out, CallResponse.ERROR_MESSAGE_FIELD_NUMBER, response.errorMessage);
        });
  }

  /**
   * Reads a {@code CallRequest}.
   *
   * @throws IOException if the bytes are not one
   */
  public static Request readCallRequest(ByteBuf message) throws IOException {
    FieldReader in = new FieldReader(message);
    String[] texts = {"", "", "", "", "", "", ""};
    byte[] payload = NOTHING;
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field > CallRequest.X_SB_TRACE_FIELD_NUMBER) {
        in.skip();
      } else if (field == CallRequest.PAYLOAD_FIELD_NUMBER) {
        payload = in.bytes();
      } else {
        texts[field] = in.text();
      }
    }
    return new Request(
        texts[CallRequest.METHOD_FIELD_NUMBER],
        payload,
        texts[CallRequest.CALLER_SERVICE_FIELD_NUMBER],
        texts[CallRequest.REQUEST_ID_FIELD_NUMBER],
        texts[CallRequest.IDEMPOTENCY_KEY_FIELD_NUMBER],
        texts[CallRequest.X_SB_TRACE_FIELD_NUMBER]);
  }

  /**
   * Reads a {@code CallResponse} or an {@code InvokeResponse}.
   *
   * @throws IOException if the bytes are neither
   */
  public static Response readResponse(ByteBuf message) throws IOException {
    FieldReader in = new FieldReader(message);
    byte[] payload = NOTHING;
    String code = "";
    String text = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case CallResponse.PAYLOAD_FIELD_NUMBER -> payload = in.bytes();
        case CallResponse.ERROR_CODE_FIELD_NUMBER -> code = in.text();
        case CallResponse.ERROR_MESSAGE_FIELD_NUMBER -> text = in.text();
        default -> in.skip();
      }
    }
    return new Response(payload, code, text);
  }

  /** What writes itself. */
  @FunctionalInterface
  private interface Writer {
    void writeTo(ByteBuf out);
  }

  /** A body whose size is known; it is written once for each attempt. */
  private record Written(int size, Writer writer) implements Frames.Body {
    @Override
    public void writeTo(ByteBuf out) {
      writer.writeTo(out);
    }
  }

  private static Frames.Body body(int size, Writer writer) {
    return new Written(size, writer);
  }
}
