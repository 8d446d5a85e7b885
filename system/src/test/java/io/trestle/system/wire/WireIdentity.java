package io.trestle.system.wire;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/**
 * A leaf with its key.
 *
 * @param serviceId as the runtime answered it; empty for a forgery
 * @param instanceId as the runtime answered it; empty for a forgery
 */
record WireIdentity(PrivateKey key, X509Certificate leaf, String serviceId, String instanceId) {
  String uri() {
    return Certificates.serviceUri(serviceId, instanceId);
  }

  @Override
  public String toString() {
    return "WireIdentity[" + serviceId + "/" + instanceId + "]";
  }
}
