package io.trestle.testing;

import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.protobuf.TypedSchema;

/**
 * A call the application made.
 *
 * @param service the name of the service
 * @param method the name of the method
 * @param payload what was sent, encoded
 * @param options those of the call, then those of the bridge; null where neither says anything
 * @param streaming whether a stream was asked for
 */
public record RecordedCall(
    String service, String method, byte[] payload, CallOptions options, boolean streaming) {

  /**
   * What was sent.
   *
   * @throws ValidationException if it is not such a request
   */
  public <Q> Q payload(TypedSchema<Q, ?> schema) {
    return schema.decodeRequest(payload);
  }
}
