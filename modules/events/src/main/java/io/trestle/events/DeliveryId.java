package io.trestle.events;

import java.util.UUID;

/**
 * The id of a delivery says what it is: consumer and position, in a UUID of version 8. So it is the
 * same for all attempts, and an answer is found without a table.
 */
final class DeliveryId {
  private static final long VERSION = 0x8000L;
  private static final long VARIANT = 0x8000_0000_0000_0000L;
  private static final long POSITION = 0x3fff_ffff_ffff_ffffL;

  private DeliveryId() {}

  static UUID of(int consumer, long position) {
    return new UUID(((long) consumer << 32) | VERSION, VARIANT | position);
  }

  static int consumer(UUID id) {
    return (int) (id.getMostSignificantBits() >>> 32);
  }

  static long position(UUID id) {
    return id.getLeastSignificantBits() & POSITION;
  }
}
