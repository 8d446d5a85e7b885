package io.trestle.sdk.internal.session;

import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.OpenRequest;
import io.trestle.protocol.v1.ServerControl;
import io.trestle.protocol.v1.Welcome;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.BridgeIdentity;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.internal.SdkInfo;
import io.trestle.sdk.internal.pki.Leaf;
import io.trestle.sdk.internal.wire.RuntimeCalls;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The control stream, which is the presence of this instance: a welcome, perhaps a drain, the end.
 * A second welcome is ignored; a runtime of another protocol revision is a final verdict. On the
 * lane.
 */
final class ControlStream {
  private final PinnedChannel control;
  private final Consumer<SessionEvent> events;
  private RuntimeCalls.@Nullable Handle handle;
  private @Nullable BridgeIdentity identity;
  private @Nullable Leaf leaf;
  private List<String> features = List.of();

  ControlStream(PinnedChannel control, Consumer<SessionEvent> events) {
    this.control = control;
    this.events = events;
  }

  /** Opens it for the instance of a leaf. */
  void open(Leaf own) {
    leaf = own;
    identity = null;
    OpenRequest request =
        OpenRequest.newBuilder()
            .setProtocolVersion(SdkInfo.PROTOCOL_VERSION)
            .setSdkLanguage(SdkInfo.LANGUAGE)
            .setSdkVersion(SdkInfo.VERSION)
            .build();
    handle = RuntimeCalls.stream(control, Methods.OPEN, request, this::onMessage, this::onEnd);
  }

  /** Ends it silently. */
  void close() {
    RuntimeCalls.Handle open = handle;
    handle = null;
    if (open != null) {
      open.cancel();
    }
  }

  /** Who the runtime welcomed; null before. */
  @Nullable BridgeIdentity identity() {
    return identity;
  }

  /** What the runtime that welcomed offers beyond the protocol. */
  List<String> features() {
    return features;
  }

  private void onMessage(ServerControl message) {
    if (message.hasDrain()) {
      events.accept(new SessionEvent.DrainAnnounced(message.getDrain().getReason()));
    } else if (message.hasWelcome() && identity == null) {
      onWelcome(message.getWelcome());
    }
  }

  private void onWelcome(Welcome welcome) {
    int version = welcome.getProtocolVersion();
    if (version != 0 && version != SdkInfo.PROTOCOL_VERSION) {
      String text = "protocol revision of the runtime: " + version + " (expected: 1)";
      SessionFailure failure = SessionFailure.fatal(new ConfigurationException(text));
      events.accept(new SessionEvent.ControlEnded(failure));
      return;
    }
    String session = welcome.getSessionId();
    String service = welcome.getServiceId();
    String name = welcome.getServiceName();
    String instance = leaf == null ? "" : leaf.id().instanceId();
    features = List.copyOf(welcome.getFeaturesList());
    identity = new BridgeIdentity(session, service, name, instance);
    events.accept(
        new SessionEvent.Welcomed(
            new BridgeEvent.Connected(session, service, name, welcome.getRuntimeVersion())));
  }

  private void onEnd(CallStatus status) {
    events.accept(new SessionEvent.ControlEnded(SessionFailure.of("control", status)));
  }
}
