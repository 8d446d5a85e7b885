package io.trestle.traces.core;

/**
 * One row of a stream.
 *
 * @param sequence its place, from 1, over all keys
 * @param key its lane; empty for an end
 * @param data JSON of a chunk, status of an end; must not be changed
 * @param dropped how many chunks a gap stands for
 */
public record Entry(long sequence, Kind kind, String key, byte[] data, long dropped) {
  private static final int OVERHEAD = 96;

  /** What a row is. */
  public enum Kind {
    CHUNK(1),
    GAP(2),
    END(3);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    /** Its number in the table. */
    public int number() {
      return number;
    }

    /** The kind of a number in the table. */
    public static Kind of(int number) {
      for (Kind kind : values()) {
        if (kind.number == number) {
          return kind;
        }
      }
      throw new IllegalArgumentException("kind: " + number + " (expected: 1 to 3)");
    }
  }

  /** What it costs to keep. */
  public long bytes() {
    return (long) data.length + key.length() + OVERHEAD;
  }
}
