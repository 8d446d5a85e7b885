package io.trestle.protocol;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An endpoint as {@code host:port}. The host is a name, an IPv4 address or, in the text form in
 * brackets, an IPv6 address. Nothing is resolved.
 *
 * @param host without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {
  private static final int MAX_NAME = 253;
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?");
  private static final Pattern IPV6 =
      Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

  /**
   * Checks both.
   *
   * @throws IllegalArgumentException if one does not fit
   */
  public HostPort {
    if (!isName(host) && !isIpv6(host)) {
      throw new IllegalArgumentException("host: " + host + " (expected: a name or an address)");
    }
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
    }
  }

  /** Reads the text form; empty if the syntax is wrong. */
  public static Optional<HostPort> parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1 || !PORT.matcher(text.substring(colon + 1)).matches()) {
      return Optional.empty();
    }
    String host = text.substring(0, colon);
    int port = Integer.parseInt(text.substring(colon + 1));
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    String bare = bracketed ? host.substring(1, host.length() - 1) : host;
    boolean valid = bracketed ? isIpv6(bare) : isName(bare);
    return valid && port >= 1 && port <= 65535
        ? Optional.of(new HostPort(bare, port))
        : Optional.empty();
  }

  /** The text form. */
  @Override
  public String toString() {
    return host.indexOf(':') < 0 ? host + ':' + port : '[' + host + "]:" + port;
  }

  private static boolean isName(String host) {
    return host.length() <= MAX_NAME && NAME.matcher(host).matches() && !host.contains("..");
  }

  private static boolean isIpv6(String host) {
    if (!IPV6.matcher(host).matches()) {
      return false;
    }
    try {
      // In brackets the JDK takes an address and nothing else: no name is looked up.
      return InetAddress.getByName('[' + host + ']').getHostAddress() != null;
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
