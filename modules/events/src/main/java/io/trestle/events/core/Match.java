package io.trestle.events.core;

import java.util.Arrays;

/**
 * The subscriptions that an event matched when it was published, by number, ascending. Equal sets
 * are equal; events of one name usually share the object.
 */
public final class Match {
  private final int[] numbers;

  private Match(int[] sorted) {
    this.numbers = sorted;
  }

  /** The set of these numbers. */
  public static Match of(int... numbers) {
    int[] sorted = numbers.clone();
    Arrays.sort(sorted);
    return new Match(sorted);
  }

  /** How many. */
  public int size() {
    return numbers.length;
  }

  /** The i-th smallest. */
  public int get(int i) {
    return numbers[i];
  }

  /** Whether this number is one of them. */
  public boolean contains(int number) {
    return Arrays.binarySearch(numbers, number) >= 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Match match && Arrays.equals(numbers, match.numbers);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(numbers);
  }

  @Override
  public String toString() {
    return Arrays.toString(numbers);
  }
}
