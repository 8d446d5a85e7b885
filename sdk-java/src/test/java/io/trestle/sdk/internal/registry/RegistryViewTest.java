package io.trestle.sdk.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.protocol.v1.EventSubscriptionDescriptor;
import io.trestle.protocol.v1.MethodDescriptor;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.OutgoingCallDescriptor;
import io.trestle.protocol.v1.PolicyEvaluation;
import io.trestle.protocol.v1.PolicyRule;
import io.trestle.protocol.v1.RegistrySnapshot;
import io.trestle.protocol.v1.RegistryUpdate;
import io.trestle.protocol.v1.ServiceInstanceInfo;
import org.junit.jupiter.api.Test;

class RegistryViewTest {
  private final RegistryView view = new RegistryView();

  @Test
  void snapshot_replacesEverything() {
    view.apply(snapshot("a").build());
    view.apply(snapshot("b").build());

    assertThat(view.routes().find("orders", "place"))
        .extracting(Route::instanceId)
        .containsExactly("b");
    assertThat(view.map().service("orders").orElseThrow().instances()).hasSize(1);
  }

  @Test
  void methodWithoutItsInstance_isNoRoute_untilThatAppears() {
    view.apply(RegistrySnapshot.newBuilder().addMethods(method("a", "place")).build());
    assertThat(view.routes().find("orders", "place")).isEmpty();

    view.apply(RegistryUpdate.newBuilder().addAddedInstances(instance("a")).build());
    assertThat(view.routes().find("orders", "place")).hasSize(1);
  }

  @Test
  @Acceptance("RG-10")
  void emptiedEndpoint_leavesARouteWithoutAddress() {
    view.apply(snapshot("a").build());
    view.apply(
        RegistryUpdate.newBuilder()
            .addAddedInstances(instance("a").toBuilder().setCallEndpoint(""))
            .build());

    assertThat(view.routes().find("orders", "place"))
        .singleElement()
        .satisfies(route -> assertThat(route.endpoint()).isNull());
  }

  @Test
  void keyInBothLists_endsRemoved() {
    view.apply(snapshot("a").build());
    view.apply(
        RegistryUpdate.newBuilder()
            .addAdded(method("a", "place"))
            .addRemoved(method("a", "place"))
            .build());
    assertThat(view.routes().find("orders", "place")).isEmpty();
  }

  @Test
  void removedPeer_takesEverythingOfItsService_alsoWhatTheSameFrameAdded() {
    view.apply(
        snapshot("a")
            .addEventSubscriptions(
                EventSubscriptionDescriptor.newBuilder().setServiceId("s").setPattern("x.*"))
            .addOutgoingCalls(
                OutgoingCallDescriptor.newBuilder().setCallerServiceId("s").setTargetMethod("m"))
            .build());
    view.apply(
        RegistryUpdate.newBuilder()
            .addAdded(method("b", "place"))
            .addAddedInstances(instance("b"))
            .addRemovedPeers("s")
            .build());

    assertThat(view.map().services()).isEmpty();
    assertThat(view.routes().find("orders", "place")).isEmpty();
  }

  @Test
  @Acceptance("RG-18")
  void updateWithoutPolicy_keepsTheCurrentOne() {
    PolicyRule rule = PolicyRule.newBuilder().setAction("rpc.handle").setTargetName("x").build();
    view.apply(snapshot("a").setPolicy(PolicyEvaluation.newBuilder().addAcceptance(rule)).build());
    view.apply(RegistryUpdate.newBuilder().addAdded(method("a", "more")).build());

    assertThat(view.evaluation().orElseThrow().acceptance()).hasSize(1);
  }

  @Test
  void snapshotWithoutPolicy_isNoPolicy_andKeepsTheOneThereIs() {
    view.apply(snapshot("a").build());
    assertThat(view.policy()).isNull();

    PolicyRule rule = PolicyRule.newBuilder().setAction("rpc.handle").setTargetName("x").build();
    view.apply(snapshot("a").setPolicy(PolicyEvaluation.newBuilder().addAcceptance(rule)).build());
    view.apply(snapshot("b").build());
    assertThat(view.evaluation().orElseThrow().acceptance()).hasSize(1);
  }

  @Test
  @Acceptance("RG-15")
  void revokedInstance_isNotCalledAnyMore_forGood() {
    view.apply(snapshot("a").build());
    view.apply(RegistryUpdate.newBuilder().addRevokedInstances("a").build());
    assertThat(view.routes().find("orders", "place")).isEmpty();

    view.apply(snapshot("a").build());
    assertThat(view.routes().find("orders", "place")).isEmpty();
    assertThat(view.revocations().revoked("s", "a")).isTrue();
    assertThat(view.revocations().revoked("s", "b")).isFalse();
  }

  @Test
  @Acceptance("RG-16")
  void revokedService_isCalledAgain_whenAnUnknownInstanceAppears() {
    view.apply(snapshot("a").build());
    view.apply(RegistryUpdate.newBuilder().addRevokedServices("s").build());
    view.apply(RegistryUpdate.newBuilder().addAddedInstances(instance("a")).build());
    assertThat(view.routes().find("orders", "place")).isEmpty();

    view.apply(
        RegistryUpdate.newBuilder()
            .addAdded(method("b", "place"))
            .addAddedInstances(instance("b"))
            .build());
    assertThat(view.routes().find("orders", "place")).hasSize(2);
  }

  @Test
  void revokedService_isHeardAgain_whenAnUnknownInstanceComesAndGoesInOneFrame() {
    view.apply(snapshot("a").build());
    view.apply(RegistryUpdate.newBuilder().addRevokedServices("s").build());
    view.apply(
        RegistryUpdate.newBuilder()
            .addAddedInstances(instance("stands-in"))
            .addRemovedInstances(instance("stands-in"))
            .build());

    assertThat(view.revocations().revoked("s", "b")).isFalse();
    assertThat(view.routes().find("orders", "place"))
        .extracting(Route::instanceId)
        .containsExactly("a");
  }

  @Test
  void load_survivesAnUpdateOfTheRow() {
    view.apply(snapshot("a").build());
    view.routes().find("orders", "place").get(0).load().incrementAndGet();
    view.apply(
        RegistryUpdate.newBuilder()
            .addAddedInstances(instance("a").toBuilder().setStatus("draining"))
            .build());
    assertThat(view.routes().find("orders", "place").get(0).load()).hasValue(1);
  }

  @Test
  @Acceptance("RG-7")
  void map_attachesSubscriptionsAndCallsByServiceId() {
    view.apply(
        snapshot("a")
            .addEventSubscriptions(
                EventSubscriptionDescriptor.newBuilder().setServiceId("s").setPattern("x.*"))
            .addEventSubscriptions(
                EventSubscriptionDescriptor.newBuilder().setServiceId("other").setPattern("y"))
            .build());
    assertThat(view.map().services()).containsOnlyKeys("orders");
    assertThat(view.map().service("orders").orElseThrow().eventSubscriptions())
        .singleElement()
        .satisfies(s -> assertThat(s.pattern()).isEqualTo("x.*"));
  }

  private static RegistrySnapshot.Builder snapshot(String instance) {
    return RegistrySnapshot.newBuilder()
        .addMethods(method(instance, "place"))
        .addInstances(instance(instance));
  }

  private static MethodDescriptor method(String instance, String name) {
    return MethodDescriptor.newBuilder()
        .setServiceName("orders")
        .setServiceId("s")
        .setInstanceId(instance)
        .setType(MethodType.METHOD_TYPE_RPC)
        .setName(name)
        .build();
  }

  private static ServiceInstanceInfo instance(String id) {
    return ServiceInstanceInfo.newBuilder()
        .setServiceName("orders")
        .setServiceId("s")
        .setInstanceId(id)
        .setCallEndpoint("127.0.0.1:4000")
        .build();
  }
}
