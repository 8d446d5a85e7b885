package io.trestle.kernel.web;

import io.trestle.kernel.state.AdminToken;
import io.trestle.kernel.web.AdminFailure.Code;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Who may call an admin procedure (foundation.md 5.3).
 *
 * <p>A token alone would do against strangers on the network; the other checks are against the
 * operator's own browser, which reaches the loopback address on behalf of any page: a page that
 * rebinds its name to 127.0.0.1 sends a foreign Host, one that posts across sites sends a foreign
 * Origin or Sec-Fetch-Site, and a form cannot send JSON. They also guard the cookies that the
 * console adds. The place of the caller is checked first, the token next to last, so that nobody
 * learns from afar whether a token is good.
 */
final class AdminGate {
  private static final Set<String> LOOPBACK_HOSTS =
      Set.of("localhost", "127.0.0.1", "[::1]", "::1");
  private static final String BEARER = "bearer ";

  private final AdminToken token;
  private final Supplier<String> publicOrigin;

  AdminGate(AdminToken token, Supplier<String> publicOrigin) {
    this.token = token;
    this.publicOrigin = publicOrigin;
  }

  /** Lets a request through or throws what to answer. */
  void check(HttpServerRequest request) {
    Optional<URI> origin = publicOrigin();
    require(isLoopback(request.remoteAddress()) || request.isSSL(), "this address without TLS");
    require(isOwnHost(request, origin), "this Host");
    require(isOwnOrigin(request, origin), "this Origin");
    require(!isCrossSite(request), "a cross-site request");
    requireToken(request);
  }

  private static void require(boolean allowed, String what) {
    if (!allowed) {
      throw new AdminFailure(Code.PERMISSION_DENIED, "admin calls are refused for " + what);
    }
  }

  private void requireToken(HttpServerRequest request) {
    List<String> shown = request.headers().getAll("authorization");
    boolean good =
        shown.size() == 1
            && shown.get(0).toLowerCase(Locale.ROOT).startsWith(BEARER)
            && token.matches(shown.get(0).substring(BEARER.length()).strip());
    if (!good) {
      throw new AdminFailure(
          Code.UNAUTHENTICATED,
          "Authorization: missing or wrong (expected: Bearer and the admin token)");
    }
  }

  private Optional<URI> publicOrigin() {
    String text = publicOrigin.get();
    return text.isEmpty() ? Optional.empty() : Optional.of(URI.create(text));
  }

  private static boolean isLoopback(SocketAddress peer) {
    String address = peer.hostAddress();
    try {
      return address != null && InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static boolean isOwnHost(HttpServerRequest request, Optional<URI> origin) {
    HostAndPort host = request.authority();
    if (host == null || request.headers().getAll("host").size() > 1) {
      return false;
    }
    String name = host.host().toLowerCase(Locale.ROOT);
    return LOOPBACK_HOSTS.contains(name) || origin.filter(own -> isHostOf(own, host)).isPresent();
  }

  private static boolean isHostOf(URI origin, HostAndPort host) {
    int port = host.port() <= 0 ? defaultPort(origin) : host.port();
    return host.host().equalsIgnoreCase(origin.getHost()) && port == portOf(origin);
  }

  private static boolean isOwnOrigin(HttpServerRequest request, Optional<URI> origin) {
    List<String> shown = request.headers().getAll("origin");
    if (shown.isEmpty()) {
      return true;
    }
    String own = request.scheme() + "://" + request.authority();
    return shown.size() == 1
        && (shown.get(0).equalsIgnoreCase(own)
            || origin.filter(uri -> isSameOrigin(uri, shown.get(0))).isPresent());
  }

  private static boolean isSameOrigin(URI own, String shown) {
    try {
      URI other = URI.create(shown);
      return own.getScheme().equalsIgnoreCase(other.getScheme())
          && own.getHost().equalsIgnoreCase(other.getHost())
          && portOf(own) == portOf(other);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isCrossSite(HttpServerRequest request) {
    return request.headers().getAll("sec-fetch-site").stream()
        .anyMatch(site -> site.strip().equalsIgnoreCase("cross-site"));
  }

  private static int portOf(URI uri) {
    return uri.getPort() < 0 ? defaultPort(uri) : uri.getPort();
  }

  private static int defaultPort(URI uri) {
    return "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
  }
}
