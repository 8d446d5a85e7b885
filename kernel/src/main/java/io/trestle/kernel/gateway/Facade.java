package io.trestle.kernel.gateway;

/**
 * One wire that the gateway speaks.
 *
 * @param protoPackage gRPC package whose paths belong to this facade, such as {@code
 *     servicebridge.v1}
 * @param authenticator turns headers and TLS peer into a {@link Caller}
 */
public record Facade(String protoPackage, Authenticator authenticator) {}
