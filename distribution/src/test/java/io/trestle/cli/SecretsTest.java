package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.trestle.Acceptance;
import io.trestle.kernel.TestPostgres;
import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.v1.BootstrapKeyPayload;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.LoggerFactory;

/**
 * What may never be read in a log or a command line. A system runs at debug level through
 * everything that touches a secret, rightly and wrongly; then the secrets are searched for in all
 * that was printed, logged or left in files, in every way in which bytes are usually printed. Alone
 * in its JVM: it hears everything that is logged there.
 */
@Isolated
class SecretsTest {
  /** How the PKCS #8 form of every P-256 key begins, after its length; no public key has that. */
  private static final byte[] PRIVATE_KEY =
      HexFormat.of().parseHex("020100301306072a8648ce3d020106082a8648ce3d030107");

  private static final Set<String> MEANT_TO_BE_SECRET = Set.of("admin-token", "password", "data");
  private static final String PROGRAMS = "postgresql";

  @TempDir Path state;
  @TempDir Path elsewhere;

  private final List<Secret> secrets = new ArrayList<>();
  private final List<String> said = new ArrayList<>();

  @Test
  @Acceptance("FL-11")
  void wholeRun_atDebugLevel_showsNoSecretInLogsAndCommandLines() throws Exception {
    secrets.add(Secret.of("a private key", PRIVATE_KEY));
    secrets.add(new Secret("a private key in PEM", Set.of("PRIVATE KEY-----")));
    try (Ears ears = new Ears();
        KernelProcess kernel = KernelProcess.upTalkative(state).awaitReady()) {
      LoggerFactory.getLogger(SecretsTest.class).debug("heard from slf4j");
      System.getLogger(SecretsTest.class.getName())
          .log(System.Logger.Level.DEBUG, "heard from the JDK");
      learnSecretsOf(kernel);
      administer(kernel);
      String key = keyOf(kernel, "service", "create", "secretive");
      callAndRotate(kernel, key);
      useRevokedKey(kernel);
      useWrongKeys(kernel, key);
      said.addAll(commandLines(kernel));
      kernel.terminate();
      assertThat(kernel.awaitExit()).as(kernel.err()).isZero();
      said.addAll(List.of(kernel.out(), kernel.err(), ears.heard()));
      said.addAll(filesLeft());

      assertThat(kernel.err()).as("at debug level").contains(" DEBUG ", "secretive");
      assertThat(ears.heard())
          .as("at debug level")
          .contains("heard from slf4j", "heard from the JDK");
    }
    assertThat(secrets).hasSizeGreaterThan(12);
    assertThat(secrets.stream().flatMap(this::places)).isEmpty();
  }

  /** Where a secret was read, in one line or wrapped over several. */
  private Stream<String> places(Secret secret) {
    return said.stream()
        .flatMap(text -> Stream.concat(text.lines(), Stream.of(text.replaceAll("\\R\\s*", ""))))
        .filter(secret::isIn)
        .map(line -> secret.name() + " in: " + secret.masked(line));
  }

  // ---- what is done

  private void learnSecretsOf(KernelProcess kernel) throws Exception {
    secrets.add(Secret.of("the admin token", token(kernel)));
    String password = Files.readString(state.resolve("embedded/password")).strip();
    secrets.add(Secret.of("the password of the database", password));
    byte[] authority =
        HexFormat.of()
            .parseHex(query("SELECT encode(key_der, 'hex') FROM runtime_ca").get(0).strip());
    secrets.add(Secret.of("the key of the CA", authority));
    ECPrivateKey key =
        (ECPrivateKey)
            KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(authority));
    secrets.add(Secret.of("the number in the key of the CA", key.getS().toByteArray()));
    secrets.add(new Secret("the same in decimal digits", Set.of(key.getS().toString())));
  }

  private static String token(KernelProcess kernel) throws IOException {
    return Files.readString(kernel.directory().resolve("admin-token")).strip();
  }

  private List<String> query(String sql) throws IOException {
    PgConnectOptions database =
        new PgConnectOptions()
            .setHost("127.0.0.1")
            .setPort(Integer.parseInt(Files.readString(state.resolve("embedded/port")).strip()))
            .setUser("postgres")
            .setPassword(Files.readString(state.resolve("embedded/password")).strip())
            .setDatabase("trestle");
    return TestPostgres.query(database, sql).stream()
        .map(row -> String.valueOf(row.get(0)))
        .toList();
  }

  /** With the right token, with a wrong one, and with the right one where it does not belong. */
  private void administer(KernelProcess kernel) throws Exception {
    String bearer = "metrics-" + secret("a setting that is a secret");
    assertThat(kernel.cli("settings", "set", "obsexport.metrics_bearer_token", bearer).exit())
        .isZero();
    assertThat(kernel.cli("settings", "list").exit()).isZero();

    String wrong = secret("a wrong admin token");
    Path file = Files.writeString(elsewhere.resolve("token"), wrong);
    assertThat(kernel.cli("service", "list", "--token-file", file.toString()).exit()).isEqualTo(4);

    String token = token(kernel);
    assertThat(post(kernel, "?token=" + token, wrong, "{}")).startsWith("HTTP/1.1 401");
    assertThat(post(kernel, "", token, "{\"name\": " + token)).startsWith("HTTP/1.1 4");
    assertThat(post(kernel, "/" + token, token, "{\"" + token + "\": 1}")).startsWith("HTTP/1.1 4");
  }

  /** A new text that is as unlikely as a token. */
  private String secret(String name) {
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(Secret.random());
    secrets.add(Secret.of(name, text));
    return text;
  }

  /** By hand, since a client of the JDK would log the address itself. */
  private static String post(KernelProcess kernel, String more, String token, String body)
      throws IOException {
    URI http = URI.create(kernel.http());
    String request =
        """
        POST /servicebridge.ui.v1.ServiceService/Create%s HTTP/1.1
        host: localhost:%d
        content-type: application/json
        content-length: %d
        authorization: Bearer %s
        connection: close

        %s"""
            .formatted(more, http.getPort(), body.length(), token, body)
            .replace("\n", "\r\n");
    try (Socket socket = new Socket(http.getHost(), http.getPort())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** A key that a command printed, which is where it may be read, once. */
  private String keyOf(KernelProcess kernel, String... command) throws Exception {
    CliRun run = kernel.cli(command);
    String key = run.json().path("api_key").asText();
    learn("a key", key);
    Secret whole = secrets.get(secrets.size() - 2);
    assertThat(whole.isIn(run.out())).as("what is searched for can be found").isTrue();
    return key;
  }

  private void learn(String name, String key) throws Exception {
    String body = key.substring(key.indexOf('.') + 1);
    secrets.add(Secret.of(name, body));
    secrets.add(Secret.of("the secret of " + name, payload(key).getSecret().toByteArray()));
  }

  private void callAndRotate(KernelProcess kernel, String key) throws Exception {
    String callers = keyOf(kernel, "service", "create", "talkative");
    try (ServiceBridge callee = rotating(kernel, key);
        ServiceBridge caller = rotating(kernel, callers)) {
      callee.rpc().handle("echo", (request, context) -> request);
      caller.service("secretive", ServiceDeps.rpc("echo"));
      callee.start();
      caller.start();
      String provisioned = firstExpiry();
      await("rotated").until(() -> !firstExpiry().equals(provisioned));
      for (Transport transport : Transport.values()) {
        CallOptions options = CallOptions.DEFAULT.withTransport(transport);
        assertThat(caller.rpc().call("secretive", "echo", new byte[] {1}, options)).hasSize(1);
      }
    }
  }

  /** Renews twice a second, as long as the kernel lets it. */
  private static ServiceBridge rotating(KernelProcess kernel, String key) {
    Duration pause = Duration.ofMillis(500);
    return ServiceBridge.builder(kernel.grpc(), key)
        .advertise("127.0.0.1", 0)
        .renewal(Duration.ofHours(2), Duration.ZERO, pause, pause)
        .build();
  }

  private String firstExpiry() throws IOException {
    return query("SELECT min(leaf_not_after) FROM service_instances").get(0);
  }

  private void useRevokedKey(KernelProcess kernel) throws Exception {
    String revoked = keyOf(kernel, "service", "key", "add", "secretive");
    String id = HexFormat.of().formatHex(BootstrapKey.parse(revoked).keyId());
    assertThat(kernel.cli("service", "key", "revoke", id).exit()).isZero();
    assertThat(kernel.cli("service", "key", "list", "secretive").exit()).isZero();
    refuse(kernel, revoked);
  }

  /** A wrong secret is refused by the kernel, everything else by the SDK itself. */
  private void useWrongKeys(KernelProcess kernel, String key) throws Exception {
    BootstrapKeyPayload payload = payload(key);
    byte[] other = payload.getSecret().toByteArray();
    other[0] ^= 1;
    String wrong = text(payload.toBuilder().setSecret(ByteString.copyFrom(other)).build());
    learn("a wrong key", wrong);
    refuse(kernel, wrong);

    byte[] half = Arrays.copyOf(other, 20);
    String shortened = text(payload.toBuilder().setSecret(ByteString.copyFrom(half)).build());
    learn("a malformed key", shortened);
    for (String malformed :
        List.of(shortened, key.substring(0, key.length() - 7), key + "=", key.substring(3))) {
      assertThatExceptionOfType(ConfigurationException.class)
          .isThrownBy(() -> ServiceBridge.builder(kernel.grpc(), malformed).build())
          .satisfies(e -> said.add(e.toString()));
    }
    CliRun misplaced = kernel.cli("service", "key", "revoke", key);
    assertThat(misplaced.exit()).isEqualTo(1);
  }

  private void refuse(KernelProcess kernel, String key) {
    ServiceBridge bridge = ServiceBridge.builder(kernel.grpc(), key).callerOnly().build();
    assertThatExceptionOfType(ConnectionException.class)
        .isThrownBy(bridge::start)
        .satisfies(e -> said.add(e.toString()));
    bridge.stop();
  }

  private static BootstrapKeyPayload payload(String key) throws Exception {
    return BootstrapKeyPayload.parseFrom(
        Base64.getUrlDecoder().decode(key.substring(key.indexOf('.') + 1)));
  }

  private static String text(BootstrapKeyPayload payload) {
    return "sb." + Base64.getUrlEncoder().withoutPadding().encodeToString(payload.toByteArray());
  }

  // ---- where it is looked for

  private static List<String> commandLines(KernelProcess kernel) {
    ProcessHandle process = ProcessHandle.of(kernel.pid()).orElseThrow();
    ProcessHandle postgres = kernel.postgres().orElseThrow();
    return Stream.of(Stream.of(process, postgres), process.descendants(), postgres.descendants())
        .flatMap(handles -> handles)
        .flatMap(handle -> handle.info().commandLine().stream())
        .toList();
  }

  /** Logs above all; only what is meant to hold a secret is left out. */
  private List<String> filesLeft() throws IOException {
    List<String> texts = new ArrayList<>();
    try (Stream<Path> files = Files.walk(state)) {
      for (Path file : files.filter(Files::isRegularFile).filter(this::isOpen).toList()) {
        texts.add(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    assertThat(state.resolve("embedded/postgres.log")).isNotEmptyFile();
    return texts;
  }

  private boolean isOpen(Path file) {
    for (Path part : state.relativize(file)) {
      if (MEANT_TO_BE_SECRET.contains(part.toString()) || part.endsWith(PROGRAMS)) {
        return false;
      }
    }
    return true;
  }
}
