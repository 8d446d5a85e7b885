package io.trestle.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class UuidV7Test {
  @Test
  void next_layout_isTimeVersionVariant() {
    UUID id = new UuidV7(() -> 0x0123456789abL, new Random(1)).next();
    assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(0x0123456789abL);
    assertThat(id.version()).isEqualTo(7);
    assertThat(id.variant()).isEqualTo(2);
  }

  @Property(tries = 200)
  void next_anyClock_risesStrictly(
      @ForAll @Size(max = 50) List<@LongRange(min = 0, max = 1000) Long> times) {
    AtomicLong now = new AtomicLong();
    UuidV7 ids = new UuidV7(now::get, new Random(7));
    String last = "";
    for (long time : times) {
      now.set(time);
      String next = ids.nextText();
      assertThat(next).isGreaterThan(last);
      last = next;
    }
  }

  @Test
  void next_burstInOneMillisecond_runsAheadOfTheClock() {
    UuidV7 ids = new UuidV7(() -> 1000, new Random(3));
    List<String> burst = IntStream.range(0, 10_000).mapToObj(i -> ids.nextText()).toList();
    assertThat(burst).isSorted().doesNotHaveDuplicates();
    assertThat(UUID.fromString(burst.get(9_999)).getMostSignificantBits() >>> 16)
        .isBetween(1002L, 1003L);
  }

  @Test
  void next_manyThreads_neverTwice() {
    UuidV7 ids = new UuidV7(() -> 5, new SecureRandom());
    Set<UUID> seen = ConcurrentHashMap.newKeySet();
    IntStream.range(0, 20_000).parallel().forEach(i -> seen.add(ids.next()));
    assertThat(seen).hasSize(20_000);
    assertThat(seen.stream().map(UUID::getMostSignificantBits).distinct()).hasSize(20_000);
  }

  @Test
  void uuidText_anyCase_answeredLower() {
    assertThat(UuidText.parse("0198A5C2-7b1e-7abc-8DEF-0123456789ab"))
        .contains("0198a5c2-7b1e-7abc-8def-0123456789ab");
    assertThat(UuidText.parse("0198a5c27b1e7abc8def0123456789ab")).isEmpty();
    assertThat(UuidText.parse("")).isEmpty();
  }
}
