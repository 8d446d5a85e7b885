package io.trestle.events;

import io.trestle.events.core.DispatchRules;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The settings of the house, with what one consumer has of its own. */
final class OwnRules {
  private final Supplier<DispatchRules> house;
  private UnaryOperator<DispatchRules> tuning = UnaryOperator.identity();
  private @Nullable DispatchRules ofAll;
  private @Nullable DispatchRules own;

  OwnRules(Supplier<DispatchRules> house) {
    this.house = house;
  }

  DispatchRules get() {
    DispatchRules now = house.get();
    DispatchRules known = own;
    if (known == null || !now.equals(ofAll)) {
      ofAll = now;
      known = tuning.apply(now);
      own = known;
    }
    return known;
  }

  void tune(UnaryOperator<DispatchRules> with) {
    tuning = with;
    own = null;
  }
}
