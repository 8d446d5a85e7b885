package io.trestle.sdk.internal.session;

import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.internal.pki.RenewalTimes;
import io.trestle.sdk.internal.registry.RegistryView;
import io.vertx.core.Vertx;
import java.time.InstantSource;

/**
 * What a session is made of.
 *
 * @param control the way to the runtime; its lane is the session's
 * @param view what the registry stream fills
 */
public record SessionParts(
    Vertx vertx,
    PinnedChannel control,
    HostPort runtime,
    BootstrapKey key,
    SessionRules rules,
    RenewalTimes renewal,
    InstantSource clock,
    RegistryView view,
    boolean failOnPolicyViolation) {}
