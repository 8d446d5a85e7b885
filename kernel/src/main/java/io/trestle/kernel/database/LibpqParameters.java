package io.trestle.kernel.database;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The parameters of a URL that libpq knows, or the pool of the original runtime, and that {@link
 * DsnParser} does not read itself. A URL that works elsewhere should work here: what is asked for
 * and is so anyway is silent, what cannot be honoured is a warning. Refused is what nobody knows,
 * what no kernel can run with, and protection that was asked for and would not be there. (One
 * exception: {@code channel_binding=require} stands in the URLs of common hosts.)
 */
final class LibpqParameters {
  private static final String READ =
      "sslmode, sslrootcert, pool_max_conns, application_name, options, user, password, host, port,"
          + " dbname or another parameter of libpq";

  /** Values that describe what is done anyway. */
  private static final Map<String, Set<String>> SO_ANYWAY =
      Map.of(
          "client_encoding", Set.of("utf8", "utf-8", "auto"),
          "keepalives", Set.of("1"),
          "gssencmode", Set.of("disable", "prefer"),
          "channel_binding", Set.of("disable", "prefer"),
          "load_balance_hosts", Set.of("disable"),
          "sslnegotiation", Set.of("postgres"),
          "sslcompression", Set.of("0"),
          "sslcertmode", Set.of("allow", "disable"),
          "require_auth", Set.of("none"),
          "ssl_min_protocol_version", Set.of("tlsv1", "tlsv1.1", "tlsv1.2"));

  /** Protection that this kernel does not give, whatever the value. */
  private static final Set<String> PROTECTION =
      Set.of("require_auth", "sslcrl", "sslcrldir", "ssl_min_protocol_version");

  /** Modes that ask for it with this value. */
  private static final Set<String> MODES = Set.of("gssencmode", "sslcertmode");

  private static final Set<String> NOT_HONOURED =
      Set.of(
          "client_encoding",
          "keepalives",
          "gssencmode",
          "channel_binding",
          "load_balance_hosts",
          "sslnegotiation",
          "sslcompression",
          "sslcertmode",
          "connect_timeout",
          "hostaddr",
          "fallback_application_name",
          "keepalives_idle",
          "keepalives_interval",
          "keepalives_count",
          "tcp_user_timeout",
          "krbsrvname",
          "gsslib",
          "gssdelegation",
          "passfile",
          "service",
          "servicefile",
          "replication",
          "requirepeer",
          "sslcert",
          "sslkey",
          "sslpassword",
          "sslsni",
          "sslkeylogfile",
          "ssl_max_protocol_version",
          "min_protocol_version",
          "max_protocol_version",
          "pool_min_conns",
          "pool_min_idle_conns",
          "pool_max_conn_lifetime",
          "pool_max_conn_lifetime_jitter",
          "pool_max_conn_idle_time",
          "pool_health_check_period");

  private static final Map<String, String> INSTEAD =
      Map.of(
          "connect_timeout", "an attempt ends after 5 to 10 s, and is repeated",
          "hostaddr", "the host is looked up",
          "passfile", "the password belongs into the URL",
          "sslcert", "no client certificate is shown",
          "channel_binding", "SCRAM without channel binding is used");

  /** What a kernel can run with: it writes. */
  private static final Set<String> WRITABLE =
      Set.of("any", "read-write", "primary", "prefer-standby");

  private LibpqParameters() {}

  /**
   * Judges the rest of the parameters.
   *
   * @return a line for each that is not honoured, without its value
   * @throws DatabaseFailure naming the first that is refused
   */
  static List<String> warnings(Map<String, String> rest) {
    List<String> warnings = new ArrayList<>();
    rest.forEach(
        (name, value) -> {
          if (name.equals("target_session_attrs")) {
            requireWritable(value);
          } else if (asksForProtection(name, value)) {
            throw DsnParser.wrong(
                name + ": cannot be kept (expected: a URL without it; sslmode=verify-full is)");
          } else if (!NOT_HONOURED.contains(name) && !PROTECTION.contains(name)) {
            throw DsnParser.wrong(name + ": unknown parameter (expected: " + READ + ")");
          } else if (!isSoAnyway(name, value)) {
            String instead = INSTEAD.get(name);
            warnings.add(name + " is not honoured" + (instead == null ? "" : ": " + instead));
          }
        });
    return List.copyOf(warnings);
  }

  private static boolean asksForProtection(String name, String value) {
    return PROTECTION.contains(name)
        ? !isSoAnyway(name, value)
        : MODES.contains(name) && value.equalsIgnoreCase("require");
  }

  private static boolean isSoAnyway(String name, String value) {
    return value.isEmpty()
        || SO_ANYWAY.getOrDefault(name, Set.of()).contains(value.toLowerCase(Locale.ROOT));
  }

  private static void requireWritable(String value) {
    if (!WRITABLE.contains(value)) {
      throw DsnParser.wrong(
          "target_session_attrs: "
              + value
              + " (expected: any, read-write, primary or prefer-standby: a kernel writes)");
    }
  }
}
