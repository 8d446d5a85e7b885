package io.trestle.sdk.internal.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.protocol.events.EventFeature;
import io.trestle.protocol.events.EventFilter;
import io.trestle.sdk.EventRefusal;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.SubscriptionOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is said of a runtime that lacks what is used. */
class RuntimeFeaturesTest {
  private static final List<String> ALL =
      Arrays.stream(EventFeature.values()).map(EventFeature::text).toList();
  private static final SubscriptionOptions EVERYTHING =
      SubscriptionOptions.DEFAULT
          .withGroup("g")
          .withTtl(Duration.ofHours(1))
          .withRetryPolicy(RetryPolicy.DEFAULT);

  private final List<String> said = new ArrayList<>();
  private final RuntimeFeatures features = new RuntimeFeatures(said::add);

  private static List<Subscription<?>> declared(SubscriptionOptions options) {
    return List.of(
        new Subscription<>(
            "a",
            EventSchema.RAW,
            new Subscription.Handler.Blocking<>((payload, context) -> {}),
            options,
            EventFilter.parse("")));
  }

  private void everythingEnds() {
    features.ended(EventRefusal.retry(Duration.ofSeconds(1)));
    features.ended(EventRefusal.reject("bad"));
    features.ended(new IllegalStateException("a failure"));
    features.ended(null);
  }

  @Test
  void runtimeThatOffersAll_isNotWarnedOf() {
    features.welcomed(ALL, declared(EVERYTHING));
    everythingEnds();
    assertThat(said).isEmpty();
  }

  @Test
  void runtimeThatOffersNothing_isWarnedOfOnceForEachFeatureInUse() {
    for (int session = 0; session < 2; session++) {
      features.welcomed(List.of(), declared(EVERYTHING));
      everythingEnds();
    }
    assertThat(said)
        .hasSize(5)
        .allMatch(text -> text.startsWith("runtime_lacks feature=event."))
        .anyMatch(text -> text.contains("feature=event.group instead=all groups"));
  }

  @Test
  void whatIsNotUsed_isNotMissed() {
    features.welcomed(List.of(), declared(SubscriptionOptions.filtered("{\"$.a\":1}")));
    features.ended(new IllegalStateException("a failure"));
    assertThat(said).isEmpty();
  }

  @Test
  void whatAnotherRuntimeLacks_isSaidThen() {
    features.welcomed(ALL, declared(EVERYTHING));
    features.welcomed(List.of(EventFeature.GROUP.text(), "other"), declared(EVERYTHING));
    assertThat(said).hasSize(2).noneMatch(text -> text.contains("event.group "));
  }
}
