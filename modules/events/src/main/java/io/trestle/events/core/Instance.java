package io.trestle.events.core;

import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** A live instance, with what it declares ready for look-ups. */
final class Instance {
  final UUID id;

  /** Whether it may be given something: its session is open and it does not drain. */
  final boolean takes;

  /** In the order of its registration. */
  final List<Subscription> subscriptions;

  private final int[] numbers;

  Instance(Member member) {
    id = member.instance();
    takes = member.session() && !member.draining();
    subscriptions = List.copyOf(member.subscriptions());
    numbers = subscriptions.stream().mapToInt(Subscription::number).sorted().toArray();
  }

  boolean declares(int number) {
    return Arrays.binarySearch(numbers, number) >= 0;
  }
}
