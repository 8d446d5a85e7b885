package io.trestle.sdk.internal.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.v1.CallResponse;
import io.trestle.protocol.v1.InvokeRequest;
import io.vertx.core.buffer.Buffer;
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
    return text(CallRequest.METHOD_FIELD_NUMBER, request.method)
        + bytes(CallRequest.PAYLOAD_FIELD_NUMBER, request.payload)
        + text(CallRequest.CALLER_SERVICE_FIELD_NUMBER, request.callerService)
        + text(CallRequest.REQUEST_ID_FIELD_NUMBER, request.requestId)
        + text(CallRequest.IDEMPOTENCY_KEY_FIELD_NUMBER, request.idempotencyKey)
        + text(CallRequest.X_SB_TRACE_FIELD_NUMBER, request.trace);
  }

  /** The frame of a {@code CallRequest}. */
  public static Buffer callRequest(Request request) {
    return Frames.of(
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

  /** The frame of an {@code InvokeRequest}, with the empty contract hash. */
  public static Buffer invokeRequest(
      Request request, String targetServiceId, List<String> excludedInstances) {
    int size =
        text(InvokeRequest.TARGET_SERVICE_ID_FIELD_NUMBER, targetServiceId)
            + text(InvokeRequest.METHOD_FIELD_NUMBER, request.method)
            + bytes(InvokeRequest.PAYLOAD_FIELD_NUMBER, request.payload)
            + text(InvokeRequest.REQUEST_ID_FIELD_NUMBER, request.requestId)
            + text(InvokeRequest.IDEMPOTENCY_KEY_FIELD_NUMBER, request.idempotencyKey)
            + text(InvokeRequest.X_SB_TRACE_FIELD_NUMBER, request.trace);
    for (String id : excludedInstances) {
      size += text(InvokeRequest.EXCLUDE_INSTANCE_IDS_FIELD_NUMBER, id);
    }
    return Frames.of(
        size,
        out -> {
          write(out, InvokeRequest.TARGET_SERVICE_ID_FIELD_NUMBER, targetServiceId);
          write(out, InvokeRequest.METHOD_FIELD_NUMBER, request.method);
          write(out, InvokeRequest.PAYLOAD_FIELD_NUMBER, request.payload);
          write(out, InvokeRequest.REQUEST_ID_FIELD_NUMBER, request.requestId);
          write(out, InvokeRequest.IDEMPOTENCY_KEY_FIELD_NUMBER, request.idempotencyKey);
          write(out, InvokeRequest.X_SB_TRACE_FIELD_NUMBER, request.trace);
          for (String id : excludedInstances) {
            write(out, InvokeRequest.EXCLUDE_INSTANCE_IDS_FIELD_NUMBER, id);
          }
        });
  }

  /** The size of a {@code CallResponse}, in bytes. */
  public static int responseSize(Response response) {
    return bytes(CallResponse.PAYLOAD_FIELD_NUMBER, response.payload)
        + text(CallResponse.ERROR_CODE_FIELD_NUMBER, response.errorCode)
        + text(CallResponse.ERROR_MESSAGE_FIELD_NUMBER, response.errorMessage);
  }

  /** The frame of a {@code CallResponse}. */
  public static Buffer response(Response response) {
    return Frames.of(
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
  public static Request readCallRequest(byte[] message) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(message);
    String[] texts = {"", "", "", "", "", "", ""};
    byte[] payload = NOTHING;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int field = WireFormat.getTagFieldNumber(tag);
      if (!isLengthDelimited(tag) || field > CallRequest.X_SB_TRACE_FIELD_NUMBER) {
        in.skipField(tag);
      } else if (field == CallRequest.PAYLOAD_FIELD_NUMBER) {
        payload = in.readByteArray();
      } else {
        texts[field] = in.readStringRequireUtf8();
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
  public static Response readResponse(byte[] message) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(message);
    byte[] payload = NOTHING;
    String code = "";
    String text = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (isLengthDelimited(tag) ? WireFormat.getTagFieldNumber(tag) : 0) {
        case CallResponse.PAYLOAD_FIELD_NUMBER -> payload = in.readByteArray();
        case CallResponse.ERROR_CODE_FIELD_NUMBER -> code = in.readStringRequireUtf8();
        case CallResponse.ERROR_MESSAGE_FIELD_NUMBER -> text = in.readStringRequireUtf8();
        default -> in.skipField(tag);
      }
    }
    return new Response(payload, code, text);
  }

  private static boolean isLengthDelimited(int tag) {
    return WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
  }

  private static int text(int field, String value) {
    return value.isEmpty() ? 0 : CodedOutputStream.computeStringSize(field, value);
  }

  private static int bytes(int field, byte[] value) {
    return value.length == 0 ? 0 : CodedOutputStream.computeByteArraySize(field, value);
  }

  private static void write(CodedOutputStream out, int field, String value) throws IOException {
    if (!value.isEmpty()) {
      out.writeString(field, value);
    }
  }

  private static void write(CodedOutputStream out, int field, byte[] value) throws IOException {
    if (value.length > 0) {
      out.writeByteArray(field, value);
    }
  }
}
