package io.trestle.kernel.gateway;

/**
 * One address the listener is bound to.
 *
 * @param host IP address or host name, without brackets; {@code 0.0.0.0} and {@code ::} are
 *     wildcards
 * @param port never 0
 */
public record BoundAddress(String host, int port) {
  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
