package io.trestle.kernel.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.kernel.TestPostgres;
import io.trestle.protocol.transport.TestCertificates;
import io.vertx.core.Vertx;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS to a PostgreSQL that has some, and to one that has none. */
class DatabaseTlsTest {
  private static final Duration SOON = Duration.ofSeconds(5);

  private final Vertx vertx = Vertx.vertx();
  private final PgConnectOptions place = TestPostgres.newDatabase();
  private final TestCertificates authority = TestCertificates.create();

  @TempDir Path directory;

  @AfterEach
  void switchOff() {
    vertx.close().await();
    TestPostgres.execute(place, "ALTER SYSTEM RESET ssl", "SELECT pg_reload_conf()");
    await().until(() -> "off".equals(TestPostgres.query(place, "SHOW ssl").get(0).get(0)));
  }

  @Test
  void prefer_withoutTls_isPlain_andLeavesNothingOpen() throws Exception {
    Database database = Db.open(vertx, url("localhost", "prefer"));

    assertThat(database.dsn().sslMode()).isEqualTo(SslMode.DISABLE);
    Db.await(database.close());
    vertx.close().await(SOON.toMillis(), TimeUnit.MILLISECONDS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"require", "verify-full"})
  void tlsAskedFor_ofAServerWithout_isRefusedAtOnce(String mode) throws Exception {
    DatabaseFailure failure =
        refusal(url("localhost", mode) + "&sslrootcert=" + trusted(authority));

    assertThat(failure)
        .hasMessageContaining("has no TLS")
        .hasMessageContaining("sslmode=verify-")
        .hasMessageNotContaining(place.getPassword() + "@");
    vertx.close().await(SOON.toMillis(), TimeUnit.MILLISECONDS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"prefer", "require", "verify-ca", "verify-full"})
  void serverWithTls_isSpokenToWithIt(String mode) throws Exception {
    switchOn();
    String root = mode.startsWith("verify") ? "&sslrootcert=" + trusted(authority) : "";

    Database database = Db.open(vertx, url("localhost", mode) + root);

    String query = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assertThat(Db.await(database.pool().query(query).execute()).iterator().next().getString(0))
        .isEqualTo("true");
    Db.await(database.close());
  }

  @Test
  void certificateOfAForeignAuthority_isRefusedAtOnce() throws Exception {
    switchOn();

    DatabaseFailure failure =
        refusal(
            url("localhost", "verify-ca") + "&sslrootcert=" + trusted(TestCertificates.create()));

    assertThat(failure).hasMessageContaining("certification path");
  }

  @Test
  void certificateOfAnotherName_isRefusedAtOnce() throws Exception {
    switchOn();

    DatabaseFailure failure =
        refusal(url("127.0.0.1", "verify-full") + "&sslrootcert=" + trusted(authority));

    assertThat(failure).hasMessageContaining("127.0.0.1 found");
  }

  private DatabaseFailure refusal(String url) {
    Throwable failure =
        Db.failure(
            Database.open(
                vertx,
                new SimpleMeterRegistry(),
                new UrlDatabase(vertx, Dsn.parse(url)),
                Db.quick()));
    assertThat(failure)
        .isInstanceOfSatisfying(
            DatabaseFailure.class,
            e -> assertThat(e.kind()).isEqualTo(DatabaseFailure.Kind.REFUSED));
    return (DatabaseFailure) failure;
  }

  private String url(String host, String mode) {
    return "postgres://%s:%s@%s:%d/%s?sslmode=%s"
        .formatted(
            place.getUser(), place.getPassword(), host, place.getPort(), place.getDatabase(), mode);
  }

  /** The running server reads certificate and key again when it is told to. */
  private void switchOn() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair keys = generator.generateKeyPair();
    X509Certificate leaf = authority.leaf().dns("localhost").certificate(keys.getPublic());
    TestPostgres.execute(
        place,
        file("server.crt", pem("CERTIFICATE", leaf.getEncoded())),
        file("server.key", pem("PRIVATE KEY", keys.getPrivate().getEncoded())),
        "ALTER SYSTEM SET ssl = on",
        "SELECT pg_reload_conf()");
    ClientSSLOptions anyone =
        new ClientSSLOptions().setTrustAll(true).setHostnameVerificationAlgorithm("");
    await().until(() -> Db.await(TlsOffer.of(vertx, "localhost", place.getPort(), anyone)));
  }

  /** A statement that makes a file of the server's user in its data directory. */
  private static String file(String name, String content) {
    return "COPY (SELECT '%s') TO PROGRAM 'umask 077; base64 --decode > %s'"
        .formatted(
            Base64.getEncoder().encodeToString(content.getBytes(StandardCharsets.US_ASCII)), name);
  }

  private Path trusted(TestCertificates who) throws Exception {
    return write(pem("CERTIFICATE", who.ca().getEncoded()));
  }

  private Path write(String text) throws IOException {
    return Files.writeString(directory.resolve("root.pem"), text);
  }

  private static String pem(String kind, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(kind, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der), kind);
  }
}
