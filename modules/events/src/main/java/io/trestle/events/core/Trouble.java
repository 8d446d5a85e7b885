package io.trestle.events.core;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong with a delivery so far: the one thing of an unfinished delivery that is stored
 * (its position says the rest).
 *
 * @param attempts hand-outs that ended in a nack or in silence
 * @param losses hand-outs that were taken back because the stream ended or the client had no room
 * @param dueAt Unix milliseconds before which it is not handed out again; 0 = now
 * @param error why the last one failed; empty if none has
 * @param avoid instance that should not get the next hand-out if another can; null for none
 */
public record Trouble(int attempts, int losses, long dueAt, String error, @Nullable UUID avoid) {
  /** Nothing so far. */
  public static final Trouble NONE = new Trouble(0, 0, 0, "", null);
}
