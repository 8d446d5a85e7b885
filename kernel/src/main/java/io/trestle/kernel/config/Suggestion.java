package io.trestle.kernel.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Says which names are allowed and which one was probably meant. */
final class Suggestion {
  private static final int NEAR = 2;

  private Suggestion() {}

  /** {@code provider, url, allow_unsafe; did you mean provider?} */
  static String among(String wrong, Collection<String> names) {
    if (names.isEmpty()) {
      return "no keys";
    }
    Optional<String> nearest =
        names.stream()
            .min(Comparator.comparingInt(name -> distance(wrong, name)))
            .filter(name -> distance(wrong, name) <= NEAR);
    return String.join(", ", names)
        + nearest.map(name -> "; did you mean " + name + "?").orElse("");
  }

  /** Edits that make one name of the other, row by row (Levenshtein). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
