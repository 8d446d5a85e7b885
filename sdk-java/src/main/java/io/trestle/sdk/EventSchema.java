package io.trestle.sdk;

/**
 * How the payloads of an event look in Java and on the wire. {@code io.trestle.sdk.protobuf} makes
 * them from protobuf messages; applications may have their own. Thread-safe.
 *
 * @param <T> what payloads are in Java
 */
public interface EventSchema<T> {

  /**
   * Payloads as they are, without schema. Bytes that are JSON can be filtered by subscribers
   * (events.md 9.1).
   */
  EventSchema<byte[]> RAW =
      new EventSchema<>() {
        @Override
        public String contractHash() {
          return "";
        }

        @Override
        public byte[] json() {
          return new byte[0];
        }

        @Override
        public Encoded encode(byte[] payload) {
          return new Encoded(payload, new byte[0]);
        }

        @Override
        public byte[] decode(byte[] payload) {
          return payload;
        }
      };

  /**
   * A payload on its way.
   *
   * @param payload what subscribers get
   * @param jsonView the same as JSON text, for filters; empty for none
   */
  record Encoded(byte[] payload, byte[] jsonView) {}

  /** The version of the schema (events.md 11.1); empty without one. */
  String contractHash();

  /** The schema for people, as JSON; empty without one. */
  byte[] json();

  /**
   * Writes a payload.
   *
   * @throws ValidationException if it does not fit
   */
  Encoded encode(T payload);

  /**
   * Reads a payload.
   *
   * @param payload the array is the reader's own
   * @throws ValidationException if it is none
   */
  T decode(byte[] payload);
}
