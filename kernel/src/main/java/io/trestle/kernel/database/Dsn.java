package io.trestle.kernel.database;

import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the database is and how this process may use it: a parsed {@code postgres://} URL. Text
 * forms never show the password (foundation.md 1.3).
 *
 * @param user role to log in as
 * @param password empty when none was given
 * @param host name or address, without brackets
 * @param port 1 to 65535
 * @param database name of the database
 * @param sslMode one of disable, prefer, require, verify-ca, verify-full
 * @param sslRootCert PEM file with the authorities that are trusted, or null for those of the JDK
 * @param maxConnections {@code pool_max_conns}: all connections of this process, at least 4
 * @param startup what each connection tells the server: {@code application_name}, shown in {@code
 *     pg_stat_activity}, and {@code options}
 * @param warnings a line for each parameter that was given and is not honoured
 */
public record Dsn(
    String user,
    String password,
    String host,
    int port,
    String database,
    SslMode sslMode,
    @Nullable String sslRootCert,
    int maxConnections,
    Map<String, String> startup,
    List<String> warnings) {

  /** Copies. */
  public Dsn {
    startup = Map.copyOf(startup);
    warnings = List.copyOf(warnings);
  }

  /** {@code pool_max_conns} when the DSN does not say. */
  public static final int DEFAULT_MAX_CONNECTIONS = 16;

  /**
   * Parses a DSN strictly.
   *
   * @throws DatabaseFailure CONFIGURATION, naming the part that is wrong
   */
  public static Dsn parse(String text) {
    return new DsnParser(text).parse();
  }

  /** Hides the password of any text that looks like a DSN, parsable or not. */
  public static String mask(String text) {
    return text.replaceAll("(?s)(://[^:/?#@]*):.*@", "$1:***@")
        .replaceAll("(?i)(password=)[^&\\s]*", "$1***");
  }

  /** The DSN with its password masked. */
  public String masked() {
    StringBuilder out = new StringBuilder("postgres://").append(encode(user));
    if (!password.isEmpty()) {
      out.append(":***");
    }
    out.append('@').append(bracketedHost()).append(':').append(port);
    out.append('/').append(encode(database)).append("?sslmode=").append(sslMode.value);
    return out.append("&pool_max_conns=").append(maxConnections).toString();
  }

  /** The same as {@link #masked()}. */
  @Override
  public String toString() {
    return masked();
  }

  /** The same place, another database of it. */
  Dsn withDatabase(String other) {
    return new Dsn(
        user, password, host, port, other, sslMode, sslRootCert, maxConnections, startup, warnings);
  }

  /** The same place with {@code prefer} decided. */
  Dsn withSslMode(SslMode mode) {
    return new Dsn(
        user, password, host, port, database, mode, sslRootCert, maxConnections, startup, warnings);
  }

  /** Options for connections of the reactive client; prepared statements are cached. */
  public PgConnectOptions connectOptions() {
    PgConnectOptions options =
        new PgConnectOptions()
            .setHost(host)
            .setPort(port)
            .setUser(user)
            .setPassword(password)
            .setDatabase(database)
            .setCachePreparedStatements(true)
            .setSslMode(sslMode);
    startup.forEach(options::addProperty);
    return sslMode == SslMode.DISABLE ? options : options.setSslOptions(sslOptions());
  }

  /** What is expected of the server, in this mode. */
  ClientSSLOptions sslOptions() {
    ClientSSLOptions ssl = new ClientSSLOptions();
    boolean verify = sslMode == SslMode.VERIFY_CA || sslMode == SslMode.VERIFY_FULL;
    ssl.setHostnameVerificationAlgorithm(sslMode == SslMode.VERIFY_FULL ? "HTTPS" : "");
    if (!verify) {
      return ssl.setTrustAll(true);
    }
    return ssl.setTrustOptions(
        sslRootCert == null
            ? SystemTrust.options()
            : new PemTrustOptions().addCertPath(sslRootCert));
  }

  /** URL for JDBC, without user and password; migrations use it. */
  String jdbcUrl() {
    StringBuilder url = new StringBuilder("jdbc:postgresql://").append(bracketedHost());
    url.append(':').append(port).append('/').append(encode(database));
    url.append("?sslmode=").append(sslMode.value);
    startup.forEach(
        (name, value) ->
            url.append(name.equals("options") ? "&options=" : "&ApplicationName=")
                .append(encode(value)));
    if (sslRootCert != null) {
      url.append("&sslrootcert=").append(encode(sslRootCert));
    } else if (sslMode == SslMode.VERIFY_CA || sslMode == SslMode.VERIFY_FULL) {
      url.append("&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory");
    }
    return url.toString();
  }

  private String bracketedHost() {
    return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
  }

  private static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
