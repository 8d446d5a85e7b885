package io.trestle.kernel.database;

import io.vertx.pgclient.SslMode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code postgres://user:password@host:port/database?parameter=value}. Not {@code
 * java.net.URI}: it hands out a password with a stray {@code @} as part of the host and puts the
 * whole text into its exceptions. No message of ours holds more than the name of the part and a
 * value that cannot be secret.
 */
final class DsnParser {
  private static final Map<String, SslMode> SSL_MODES =
      Map.of(
          "disable", SslMode.DISABLE,
          // without TLS first, with it then: the other order is no worse
          "allow", SslMode.PREFER,
          "prefer", SslMode.PREFER,
          "require", SslMode.REQUIRE,
          "verify-ca", SslMode.VERIFY_CA,
          "verify-full", SslMode.VERIFY_FULL);
  private static final int MAX_CONNECTIONS_BOUND = 10_000;

  private static final String NO_USER =
      "user: missing (expected: postgres://user:password@host/database, with any / ? @ of user and"
          + " password percent-encoded)";

  private final String text;

  DsnParser(String text) {
    this.text = text.strip();
  }

  Dsn parse() {
    String rest = withoutScheme();
    int question = rest.indexOf('?');
    Map<String, String> query =
        question < 0 ? new LinkedHashMap<>() : query(rest.substring(question + 1));
    String place = question < 0 ? rest : rest.substring(0, question);
    int slash = place.indexOf('/');
    String authority = slash < 0 ? place : place.substring(0, slash);
    int at = authority.lastIndexOf('@');
    if (at < 0 && isLoginMisread(rest, authority)) {
      throw wrong(NO_USER);
    }
    return assemble(
        at < 0 ? "" : authority.substring(0, at),
        authority.substring(at + 1),
        slash < 0 ? "" : place.substring(slash + 1),
        query);
  }

  /** Before anything of it is shown: what looks like a host may be half of a password. */
  private static boolean isLoginMisread(String rest, String authority) {
    int colon = authority.startsWith("[") ? -1 : authority.indexOf(':');
    boolean port = colon < 0 || authority.substring(colon + 1).chars().allMatch(Character::isDigit);
    return rest.indexOf('@') >= 0 || !port;
  }

  private Dsn assemble(String login, String hostPort, String path, Map<String, String> query) {
    int colon = login.indexOf(':');
    String named = decode("user", colon < 0 ? login : login.substring(0, colon));
    String user = user(taken(query, "user", named));
    String password =
        taken(query, "password", colon < 0 ? "" : decode("password", login.substring(colon + 1)));
    int hostEnd = hostEnd(hostPort);
    String database = taken(query, "dbname", decode("database", path));
    String rootCert = rootCert(query.remove("sslrootcert"));
    String host = taken(query, "host", hostPort.substring(0, hostEnd));
    String port = query.remove("port");
    return new Dsn(
        user,
        password,
        host(host),
        port(port == null ? hostPort.substring(hostEnd) : ":" + port),
        database.isEmpty() ? user : database,
        sslMode(query.remove("sslmode"), rootCert),
        rootCert,
        maxConnections(query.remove("pool_max_conns")),
        startup(query),
        LibpqParameters.warnings(query));
  }

  /** As in libpq a parameter wins over the part of the URL before it. */
  private static String taken(Map<String, String> query, String name, String part) {
    String parameter = query.remove(name);
    return parameter == null ? part : parameter;
  }

  /** As in libpq the name of the operating system's user stands for none. */
  private static String user(String given) {
    String user = given.isEmpty() ? System.getProperty("user.name", "") : given;
    if (user.isEmpty() || user.equals("?")) {
      throw wrong(NO_USER);
    }
    return user;
  }

  private static Map<String, String> startup(Map<String, String> query) {
    Map<String, String> startup = new LinkedHashMap<>();
    startup.put("application_name", taken(query, "application_name", "trestle"));
    String options = taken(query, "options", "");
    if (!options.isBlank()) {
      startup.put("options", options);
    }
    return startup;
  }

  private String withoutScheme() {
    for (String scheme : new String[] {"postgres://", "postgresql://"}) {
      if (text.regionMatches(true, 0, scheme, 0, scheme.length())) {
        return text.substring(scheme.length());
      }
    }
    throw wrong("scheme: unknown (expected: postgres:// or postgresql://)");
  }

  private static Map<String, String> query(String text) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String pair : text.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (pair.isEmpty()) {
        continue;
      }
      String name = decode("parameter", equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decode(name, pair.substring(equals + 1));
      if (parameters.put(name, value) != null) {
        throw wrong(name + ": given twice");
      }
    }
    return parameters;
  }

  private static int hostEnd(String hostPort) {
    if (hostPort.startsWith("[")) {
      int close = hostPort.indexOf(']');
      if (close < 0) {
        throw wrong("host: '[' without ']'");
      }
      return close + 1;
    }
    int colon = hostPort.indexOf(':');
    return colon < 0 ? hostPort.length() : colon;
  }

  private static String host(String text) {
    String host =
        text.startsWith("[") ? text.substring(1, text.length() - 1) : decode("host", text);
    if (host.isEmpty() || host.startsWith("/")) {
      throw wrong("host: missing (expected: a name or an address; Unix sockets are not supported)");
    }
    if (host.indexOf(',') >= 0) {
      throw wrong("host: " + host + " (expected: one host)");
    }
    return host;
  }

  private static int port(String text) {
    if (text.isEmpty()) {
      return 5432;
    }
    if (!text.startsWith(":")) {
      throw wrong("host: text after ']' (expected: [address]:port)");
    }
    return number("port", text.substring(1), 1, 65_535);
  }

  private static SslMode sslMode(@Nullable String text, @Nullable String rootCert) {
    SslMode mode = text == null ? SslMode.PREFER : SSL_MODES.get(text);
    if (mode == null) {
      throw wrong(
          "sslmode: "
              + text
              + " (expected: disable, allow, prefer, require, verify-ca or verify-full)");
    }
    // As libpq does: a root certificate makes "require" verify the chain.
    return mode == SslMode.REQUIRE && rootCert != null ? SslMode.VERIFY_CA : mode;
  }

  private static @Nullable String rootCert(@Nullable String text) {
    if (text == null || text.equals("system")) {
      return null;
    }
    if (!Files.isReadable(Path.of(text))) {
      throw wrong("sslrootcert: " + text + " (expected: a readable PEM file, or system)");
    }
    return text;
  }

  private static int maxConnections(@Nullable String text) {
    return text == null
        ? Dsn.DEFAULT_MAX_CONNECTIONS
        : number("pool_max_conns", text, ConnectionBudget.MINIMUM, MAX_CONNECTIONS_BOUND);
  }

  private static int number(String name, String text, int min, int max) {
    try {
      int value = Integer.parseInt(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // the message below says what was expected
    }
    throw wrong(name + ": " + text + " (expected: " + min + " to " + max + ")");
  }

  private static String decode(String name, String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw wrong(name + ": broken percent-encoding");
    }
  }

  static DatabaseFailure wrong(String message) {
    return new DatabaseFailure(DatabaseFailure.Kind.CONFIGURATION, "database URL: " + message);
  }
}
