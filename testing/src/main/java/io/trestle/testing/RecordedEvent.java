package io.trestle.testing;

import io.trestle.sdk.EventSchema;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ValidationException;

/**
 * An event the application published.
 *
 * @param id its id
 * @param name its name
 * @param payload what was published, encoded
 * @param options as they were given
 */
public record RecordedEvent(String id, String name, byte[] payload, PublishOptions options) {

  /**
   * What was published.
   *
   * @throws ValidationException if it is no payload of the schema
   */
  public <T> T payload(EventSchema<T> schema) {
    return schema.decode(payload.clone());
  }
}
