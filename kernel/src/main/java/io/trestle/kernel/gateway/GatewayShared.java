package io.trestle.kernel.gateway;

import io.trestle.kernel.Clock;

/**
 * What the loops of one listener have in common. All of it is safe from any thread.
 *
 * @param table facades and methods
 * @param options bounds
 * @param clock time of the house
 * @param metrics meters
 * @param drain whether calls are taken
 * @param memory bytes per instance
 * @param bodies bytes of requests, of all instances
 */
record GatewayShared(
    MethodTable table,
    GatewayOptions options,
    Clock clock,
    GatewayMetrics metrics,
    Drain drain,
    InstanceMemory memory,
    BodyMemory bodies) {}
