package io.trestle.registry;

import io.trestle.registry.core.Effect;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The effects of one turn of the event loop. Whatever arrived together, such as the commits of a
 * batch of registrations, has one end: there the offers of all of it are published, each service
 * once, and everything else follows in order. So a turn is never waited for, it grows with the
 * load, and nobody is shown an instance of which the proxies have not been told. On one context.
 */
final class Turn {
  private final Executor afterwards;
  private final Runnable publish;
  private final Consumer<Effect> execute;
  private final List<Effect> held = new ArrayList<>();
  private boolean open;

  /**
   * Prepares the first turn.
   *
   * @param afterwards runs something behind what the event loop has already got to do
   * @param publish says what the offers are now
   */
  Turn(Executor afterwards, Runnable publish, Consumer<Effect> execute) {
    this.afterwards = afterwards;
    this.publish = publish;
    this.execute = execute;
  }

  /** Keeps an effect for the end. */
  void hold(Effect effect) {
    held.add(effect);
  }

  /** Something was done: there will be an end. */
  void touch() {
    if (!open) {
      open = true;
      afterwards.execute(this::end);
    }
  }

  /** Ends the turn now; the end that is on its way will find nothing. */
  void end() {
    open = false;
    publish.run();
    List<Effect> effects = List.copyOf(held);
    held.clear();
    effects.forEach(execute);
  }
}
