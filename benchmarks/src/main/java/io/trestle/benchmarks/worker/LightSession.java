package io.trestle.benchmarks.worker;

import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.OpenRequest;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.RegistryEvent;
import io.trestle.protocol.v1.ServerControl;
import io.trestle.protocol.v1.ServiceInstanceInfo;
import io.trestle.protocol.wire.Dialer;
import io.trestle.protocol.wire.PinnedChannel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One instance as the runtime sees it, with its own connection and certificate, and with nothing
 * behind it: provisioned, welcomed, registered, watching.
 */
final class LightSession {
  private static final int PROTOCOL = 1;
  private static final String LANGUAGE = "java";
  private static final String VERSION = "bench";

  private final Provision provision;
  private final RegisterRequest declarations;
  private final Sightings sightings;
  private Provision.@Nullable Issued issued;
  private @Nullable PinnedChannel channel;

  /** Hears whom a session sees come and go. */
  interface Sightings {
    /** This session has been shown these. */
    void appeared(LightSession by, List<ServiceInstanceInfo> instances);

    /** This session has been told that these are gone. */
    void vanished(LightSession by, List<ServiceInstanceInfo> instances);

    /** A frame has come; it is told before what is in it. */
    default void heard(RegistryEvent news) {}
  }

  LightSession(BootstrapKey key, RegisterRequest declarations, Sightings sightings) {
    this.provision = new Provision(key);
    this.declarations = declarations;
    this.sightings = sightings;
  }

  /** Gets the certificate. */
  Future<Void> provision(Strangers strangers, HostPort runtime) {
    return provision
        .ask(strangers, runtime)
        .map(
            answer -> {
              issued = answer;
              return null;
            });
  }

  /** Who it is; after {@link #provision}. */
  String instanceId() {
    return issued().instanceId();
  }

  /** Connects, registers and watches; done when the first view is there. */
  Future<Void> connect(Vertx vertx, HostPort runtime) {
    var unused = disconnect(); // what an attempt before this one has left
    Dialer dialer = new Dialer(vertx, issued().identity(), issued().ca());
    PinnedChannel made = Wire.channel(vertx, dialer, runtime);
    channel = made;
    Promise<Void> watching = Promise.promise();
    OpenRequest open =
        OpenRequest.newBuilder()
            .setProtocolVersion(PROTOCOL)
            .setSdkLanguage(LANGUAGE)
            .setSdkVersion(VERSION)
            .build();
    Wire.open(made, Methods.OPEN, open, said -> control(said, made, watching))
        .onComplete(ended -> over("control", ended.result(), ended.cause(), watching));
    return watching.future();
  }

  /** Leaves as a process does that ends. */
  Future<Void> disconnect() {
    PinnedChannel open = channel;
    channel = null;
    if (open != null) {
      open.close();
    }
    return Future.succeededFuture();
  }

  private void control(ServerControl said, PinnedChannel to, Promise<Void> watching) {
    if (said.hasWelcome()) {
      Wire.open(to, Methods.REGISTER_AND_WATCH, declarations, news -> heard(news, watching))
          .onComplete(ended -> over("registry", ended.result(), ended.cause(), watching));
    }
  }

  private void heard(RegistryEvent news, Promise<Void> watching) {
    sightings.heard(news);
    if (news.hasSnapshot()) {
      sightings.appeared(this, news.getSnapshot().getInstancesList());
      watching.tryComplete();
    } else {
      sightings.appeared(this, news.getUpdate().getAddedInstancesList());
      sightings.vanished(this, news.getUpdate().getRemovedInstancesList());
    }
  }

  private static void over(
      String stream, @Nullable String status, @Nullable Throwable cause, Promise<Void> watching) {
    watching.tryFail(stream + " ended: " + (cause == null ? status : cause));
  }

  private Provision.Issued issued() {
    Provision.Issued known = issued;
    if (known == null) {
      throw new IllegalStateException("not provisioned");
    }
    return known;
  }
}
