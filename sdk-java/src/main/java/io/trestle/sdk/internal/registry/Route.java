package io.trestle.sdk.internal.registry;

import io.trestle.protocol.HostPort;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One instance that serves a method.
 *
 * @param endpoint where; null if it takes no calls
 * @param unhealthySince start of its bad time in Unix milliseconds; 0 for a healthy one
 * @param streaming whether the method answers with a stream
 * @param load calls of this process that are under way to the instance, whatever the method
 */
public record Route(
    String serviceId,
    String instanceId,
    String contractHash,
    @Nullable HostPort endpoint,
    long unhealthySince,
    boolean streaming,
    AtomicInteger load) {}
