package io.trestle.traces.core;

import org.jspecify.annotations.Nullable;

/** What may be written. */
public final class ChunkRules {
  /** Largest chunk, in bytes. */
  public static final int MAX_CHUNK = 64 << 10;

  /** Longest key, in characters. */
  public static final int MAX_KEY = 128;

  /** Keys of one stream. */
  public static final int MAX_KEYS = 64;

  private static final int MAX_STATUS = 64;

  private ChunkRules() {}

  /** What is wrong with a key; null for a good one. */
  public static @Nullable String keyProblem(String key) {
    boolean good =
        !key.isEmpty()
            && key.length() <= MAX_KEY
            && key.codePoints().noneMatch(c -> Character.isISOControl(c));
    return good ? null : "key: (expected: 1 to " + MAX_KEY + " printable characters)";
  }

  /** What is wrong with a status; null for a good one. */
  public static @Nullable String statusProblem(String status) {
    boolean good = status.length() <= MAX_STATUS && status.matches("[a-z0-9_]+");
    return good ? null : "status: (expected: 1 to " + MAX_STATUS + " of a-z, 0-9 and _)";
  }
}
