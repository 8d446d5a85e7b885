package io.trestle.cli;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Where the admin API of a kernel is: scheme, host and port, nothing else.
 *
 * @param scheme {@code http} or {@code https}
 * @param host name or address; IPv6 in brackets
 * @param port 1 to 65535
 */
record Address(String scheme, String host, int port) {

  /**
   * Reads {@code http://host:port}; the scheme may be left out.
   *
   * @throws CliFailure naming what is wrong
   */
  static Address parse(String source, String text) {
    String full = text.contains("://") ? text.strip() : "http://" + text.strip();
    try {
      URI uri = new URI(full);
      return of(uri, full);
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw CliFailure.usage(
          source + ": " + text + " (expected: http://host:port or https://host:port)");
    }
  }

  private static Address of(URI uri, String text) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    boolean plain = scheme.equals("http");
    boolean bare =
        uri.getHost() != null
            && uri.getRawUserInfo() == null
            && uri.getRawQuery() == null
            && uri.getRawFragment() == null
            && (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"));
    if (!bare || !(plain || scheme.equals("https")) || uri.getPort() > 65_535) {
      throw new IllegalArgumentException(text);
    }
    int port = uri.getPort() > 0 ? uri.getPort() : plain ? 80 : 443;
    return new Address(scheme, uri.getHost().toLowerCase(Locale.ROOT), port);
  }

  /** Whether the host is this machine, whatever its name service says. */
  boolean isLoopback() {
    return host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.\\d{1,3}){3}");
  }

  boolean isEncrypted() {
    return scheme.equals("https");
  }

  /** Whether both reach the same listener; the names of the loopback interface are one. */
  boolean reaches(Address other) {
    boolean sameHost = host.equals(other.host) || (isLoopback() && other.isLoopback());
    return sameHost && port == other.port && scheme.equals(other.scheme);
  }

  URI procedure(String name) {
    return URI.create(this + "/servicebridge.ui.v1." + name);
  }

  @Override
  public String toString() {
    return scheme + "://" + host + ":" + port;
  }
}
