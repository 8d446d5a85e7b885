package io.trestle.events.core;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A set of finished positions: all up to a floor, and disjoint ranges above it. That is what the
 * progress row of a consumer says; the ranges have the text of a PostgreSQL {@code int8multirange}
 * such as <code>{[5,8),[10,11)}</code>. Not thread-safe.
 */
public final class Positions {
  private static final Pattern RANGE = Pattern.compile("\\[(-?\\d{1,19}),(-?\\d{1,19})\\)");

  private long floor;

  /** From inclusive to exclusive; neither touching each other nor the floor. */
  private final TreeMap<Long, Long> ranges = new TreeMap<>();

  /** Positions from the first inclusive to the second exclusive, which must be greater. */
  public record Range(long from, long to) {
    /** Checks. */
    public Range {
      if (to <= from) {
        throw new IllegalArgumentException("to: " + to + " (expected: above from, " + from + ")");
      }
    }

    @Override
    public String toString() {
      return "[" + from + "," + to + ")";
    }
  }

  /** All up to this one, and no other. */
  public Positions(long floor) {
    this.floor = floor;
  }

  /**
   * All up to {@code upTo} but the outstanding ones above {@code floor}, which are ascending. With
   * more than {@code most} ranges only the lowest are known: what is above them is not in the set.
   */
  public static Positions finished(long floor, long upTo, long[] outstanding, int most) {
    Positions positions = new Positions(floor);
    long from = floor + 1;
    for (long position : outstanding) {
      if (position > upTo) {
        break;
      }
      if (positions.ranges.size() >= most) {
        return positions;
      }
      positions.addRange(from, position);
      from = Math.max(from, position + 1);
    }
    positions.addRange(from, upTo + 1);
    return positions;
  }

  /**
   * All up to this floor and those of the ranges.
   *
   * @param multirange as PostgreSQL prints it; ranges may overlap the floor
   * @throws IllegalArgumentException if it has another form or unbounded ranges
   */
  public static Positions parse(long floor, String multirange) {
    Positions positions = new Positions(floor);
    Matcher matcher = RANGE.matcher(multirange);
    int at = 0;
    while (matcher.find()) {
      check(
          matcher.start() == at + 1 && multirange.charAt(at) == (at == 0 ? '{' : ','), multirange);
      Range range = new Range(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)));
      positions.addRange(range.from(), range.to());
      at = matcher.end();
    }
    check(multirange.substring(at).equals(at == 0 ? "{}" : "}"), multirange);
    return positions;
  }

  private static void check(boolean valid, String multirange) {
    if (!valid) {
      throw new IllegalArgumentException(
          "multirange: " + multirange + " (expected: like {[5,8),[10,11)})");
    }
  }

  /** All up to here are in the set; the next one is not. */
  public long floor() {
    return floor;
  }

  /** Whether it is in the set. */
  public boolean contains(long position) {
    if (position <= floor) {
      return true;
    }
    Map.Entry<Long, Long> range = ranges.floorEntry(position);
    return range != null && position < range.getValue();
  }

  /** Adds one. */
  public void add(long position) {
    addRange(position, position + 1);
  }

  /** Adds those from the first inclusive to the second exclusive; none if that is empty. */
  public void addRange(long first, long end) {
    long from = Math.max(first, floor + 1);
    long to = end;
    if (to <= from) {
      return;
    }
    Map.Entry<Long, Long> near = ranges.floorEntry(to);
    while (near != null && near.getValue() >= from) {
      ranges.remove(near.getKey());
      from = Math.min(from, near.getKey());
      to = Math.max(to, near.getValue());
      near = ranges.lowerEntry(near.getKey());
    }
    if (from == floor + 1) {
      floor = to - 1;
    } else {
      ranges.put(from, to);
    }
  }

  /** Those above the floor: ascending, with a gap before each. */
  public List<Range> ranges() {
    return ranges.entrySet().stream().map(r -> new Range(r.getKey(), r.getValue())).toList();
  }

  /** Those above the floor as an {@code int8multirange}. */
  public String multirange() {
    StringBuilder text = new StringBuilder("{");
    ranges.forEach(
        (from, to) -> {
          text.append(text.length() == 1 ? "[" : ",[").append(from).append(',').append(to);
          text.append(')');
        });
    return text.append('}').toString();
  }

  @Override
  public String toString() {
    return floor + " and " + multirange();
  }
}
