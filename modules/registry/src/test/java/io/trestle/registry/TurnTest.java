package io.trestle.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Registrations;
import io.trestle.registry.core.Effect;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What leaves when. */
class TurnTest {
  private final Queue<Runnable> loop = new ArrayDeque<>();
  private final List<Object> done = new ArrayList<>();
  private final Turn turn = new Turn(loop::add, () -> done.add("offers"), done::add);

  private static Effect effect() {
    return new Effect.EndWatch(UUID.randomUUID(), new Registrations.End(14, "over"));
  }

  @Test
  void touch_manyTimes_publishesOnceBeforeWhatIsHeld() {
    Effect first = effect();
    Effect second = effect();
    turn.hold(first);
    turn.touch();
    turn.hold(second);
    turn.touch();
    assertThat(done).isEmpty();

    assertThat(loop).hasSize(1);
    Objects.requireNonNull(loop.poll()).run();

    assertThat(done).containsExactly("offers", first, second);
  }

  @Test
  void touch_afterTheEnd_opensAnotherTurn() {
    turn.touch();
    Objects.requireNonNull(loop.poll()).run();
    turn.touch();

    assertThat(loop).hasSize(1);
  }

  @Test
  void end_now_leavesNothingForTheEndThatIsOnItsWay() {
    Effect effect = effect();
    turn.hold(effect);
    turn.touch();

    turn.end();
    Objects.requireNonNull(loop.poll()).run();

    assertThat(done).containsExactly("offers", effect, "offers");
  }
}
