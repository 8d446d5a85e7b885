package io.trestle.kernel.database;

import io.vertx.core.Future;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.function.Function;

/**
 * Which partitions a table by days (UTC) has ready: yesterday's, for what is told late, to next
 * week's, so that a kernel may be away for days before a row finds no place.
 */
public final class DayPartitions {
  private static final int DAYS_BEHIND = 1;
  private static final int DAYS_AHEAD = 7;

  private DayPartitions() {}

  /**
   * Makes them, one after the other; they would wait for each other's lock.
   *
   * @param nowMillis Unix time
   * @param make makes that of a day unless it is there
   */
  public static Future<Void> make(long nowMillis, Function<LocalDate, Future<Void>> make) {
    LocalDate today = Instant.ofEpochMilli(nowMillis).atZone(ZoneOffset.UTC).toLocalDate();
    Future<Void> made = Future.succeededFuture();
    for (int day = -DAYS_BEHIND; day <= DAYS_AHEAD; day++) {
      LocalDate of = today.plusDays(day);
      made = made.compose(v -> make.apply(of));
    }
    return made;
  }
}
