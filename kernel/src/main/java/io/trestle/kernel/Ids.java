package io.trestle.kernel;

import java.util.UUID;

/** Makes the identifiers of the house: UUIDv7, rising within a process. Safe from any thread. */
public interface Ids {
  /** A new UUIDv7. */
  UUID next();
}
