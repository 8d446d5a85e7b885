package io.trestle.events.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The containers against those of the JDK. */
class StructuresTest {
  private static final class Item extends Node {
    Item() {
      super(2);
    }
  }

  @Test
  void timers_randomUse_giveTheEarliest() {
    Random random = new Random(1);
    Timers timers = new Timers();
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      items.add(new Item());
    }
    for (int i = 0; i < 50_000; i++) {
      Item item = items.get(random.nextInt(items.size()));
      if (random.nextInt(3) == 0) {
        timers.remove(item);
      } else {
        timers.put(item, random.nextInt(1_000));
      }
      long earliest =
          items.stream()
              .filter(t -> t.place >= 0)
              .mapToLong(t -> t.at)
              .min()
              .orElse(Long.MAX_VALUE);
      assertThat(timers.next()).isEqualTo(earliest);
    }
    long last = 0;
    for (Node due = timers.due(600); due != null; due = timers.due(600)) {
      assertThat(due.at).isBetween(last, 600L);
      last = due.at;
    }
    assertThat(timers.next()).isGreaterThan(600);
  }

  @Test
  void longMap_randomUse_isAMap() {
    Random random = new Random(2);
    LongMap<String> map = new LongMap<>();
    Map<Long, String> jdk = new HashMap<>();
    for (int i = 0; i < 200_000; i++) {
      long key = random.nextInt(300) * (random.nextBoolean() ? 1L : 1L << 40);
      if (random.nextBoolean()) {
        assertThat(map.remove(key)).isEqualTo(jdk.remove(key));
      } else {
        map.put(key, "v" + i);
        jdk.put(key, "v" + i);
      }
      assertThat(map.get(key)).isEqualTo(jdk.get(key));
      assertThat(map.size()).isEqualTo(jdk.size());
    }
    List<String> values = new ArrayList<>();
    map.forEach(values::add);
    assertThat(values).containsExactlyInAnyOrderElementsOf(jdk.values());
  }

  @Test
  void chain_randomUse_isAQueue() {
    Random random = new Random(3);
    Chain<Item> chain = new Chain<>(1);
    List<Item> jdk = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      int dice = random.nextInt(5);
      if (dice < 2 || jdk.isEmpty()) {
        Item item = new Item();
        chain.add(item);
        jdk.add(item);
      } else if (dice == 2) {
        assertThat(chain.poll()).isSameAs(jdk.remove(0));
      } else {
        chain.remove(jdk.remove(random.nextInt(jdk.size())));
      }
      assertThat(chain.size()).isEqualTo(jdk.size());
    }
    int i = 0;
    for (Item item = chain.first(); item != null; item = chain.after(item)) {
      assertThat(item).isSameAs(jdk.get(i++));
    }
    assertThat(i).isEqualTo(jdk.size());
  }
}
