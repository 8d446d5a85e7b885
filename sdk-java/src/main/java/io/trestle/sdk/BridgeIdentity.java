package io.trestle.sdk;

/**
 * Who this instance is, as the runtime confirmed.
 *
 * @param sessionId changes with every session
 * @param serviceId stays with the service
 * @param serviceName the name callers use
 * @param instanceId stays with the certificate: over renewals and reconnects
 */
public record BridgeIdentity(
    String sessionId, String serviceId, String serviceName, String instanceId) {}
