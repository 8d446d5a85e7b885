package io.trestle.protocol.events;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A subscription or policy pattern: a name in which a whole segment may be {@code *} (exactly one
 * segment) or {@code #} (zero or more). Limits as for names: 255 bytes, 32 segments. Immutable;
 * equal when the texts are equal.
 */
public final class EventPattern {
  private final String text;
  private final List<String> segments;

  private EventPattern(String text) {
    this.text = text;
    this.segments = List.copyOf(Segments.split(text));
  }

  /**
   * The pattern of that text.
   *
   * @throws IllegalArgumentException naming the text and the first segment that is wrong
   */
  public static EventPattern parse(String text) {
    String problem = problem(text);
    if (problem != null) {
      throw new IllegalArgumentException("pattern: " + Segments.quote(text) + ": " + problem);
    }
    return new EventPattern(text);
  }

  public static boolean isValid(String text) {
    return problem(text) == null;
  }

  /** Why the text is not a pattern, or null when it is one. */
  public static @Nullable String problem(String text) {
    return Segments.problem(text, true);
  }

  public String text() {
    return text;
  }

  List<String> segments() {
    return segments;
  }

  /**
   * Whether an event of that name is meant; false for what is not a valid name. For rows that carry
   * a pattern in the place of a name use {@link #contains}, which agrees with this on names.
   */
  public boolean matches(String name) {
    return EventName.isValid(name) && matches(Segments.split(name));
  }

  /**
   * The positions of the pattern that may come next are a set, held as bits: 33 positions fit in a
   * long, so the cost is name segments times pattern segments whatever the number of {@code #}.
   */
  private boolean matches(List<String> name) {
    long active = withSkippedWildcards(1L);
    for (String segment : name) {
      active = withSkippedWildcards(after(active, segment));
    }
    return (active >>> segments.size() & 1L) == 1L;
  }

  private long after(long active, String nameSegment) {
    long next = 0;
    for (int i = 0; i < segments.size(); i++) {
      if ((active >>> i & 1L) == 0) {
        continue;
      }
      String segment = segments.get(i);
      if (segment.equals(Segments.ANY)) {
        next |= 1L << i;
      } else if (segment.equals(Segments.ONE) || segment.equals(nameSegment)) {
        next |= 1L << (i + 1);
      }
    }
    return next;
  }

  /** {@code #} may stand for nothing: being before it is also being behind it. */
  private long withSkippedWildcards(long active) {
    long closed = active;
    for (int i = 0; i < segments.size(); i++) {
      if ((closed >>> i & 1L) == 1L && segments.get(i).equals(Segments.ANY)) {
        closed |= 1L << (i + 1);
      }
    }
    return closed;
  }

  /**
   * Whether every name that {@code other} matches is matched by this pattern, by the sufficient
   * test of docs/spec rpc 2.3: true is certain, false may be a false alarm ({@code a.*.#} is not
   * found to contain the equal {@code a.#.*}).
   */
  public boolean contains(EventPattern other) {
    int mine = segments.size();
    int theirs = other.segments.size();
    boolean[][] contained = new boolean[mine + 1][theirs + 1];
    for (int i = mine; i >= 0; i--) {
      for (int j = theirs; j >= 0; j--) {
        contained[i][j] = contains(i, other, j, contained);
      }
    }
    return contained[0][0];
  }

  /** One cell of the table; cells to the right and below are known already. */
  private boolean contains(int i, EventPattern other, int j, boolean[][] known) {
    boolean ended = i == segments.size();
    boolean otherEnded = j == other.segments.size();
    if (ended && otherEnded) {
      return true;
    }
    if (!ended && segments.get(i).equals(Segments.ANY)) {
      return known[i + 1][j] || (!otherEnded && known[i][j + 1]);
    }
    if (ended || otherEnded || other.segments.get(j).equals(Segments.ANY)) {
      return false;
    }
    String segment = segments.get(i);
    boolean covers = segment.equals(Segments.ONE) || segment.equals(other.segments.get(j));
    return covers && known[i + 1][j + 1];
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof EventPattern pattern && pattern.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
