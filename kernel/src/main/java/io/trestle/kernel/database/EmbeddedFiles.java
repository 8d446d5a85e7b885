package io.trestle.kernel.database;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of an embedded directory and how each is made so that a kill at any moment leaves
 * either nothing or the whole: {@code password} (0600), {@code data}, {@code port}, {@code
 * postgres.log}.
 */
final class EmbeddedFiles {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedFiles.class);

  /** Only TCP over loopback, only with the password; replication and sockets match no line. */
  private static final String HBA =
      """
      # Written by Trestle at every start.
      host all all 127.0.0.1/32 scram-sha-256
      host all all ::1/128      scram-sha-256
      """;

  private static final String ROUNDS = "scram_iterations";

  private final Path directory;

  EmbeddedFiles(Path directory) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    this.directory = directory.toRealPath();
  }

  Path directory() {
    return directory;
  }

  Path data() {
    return directory.resolve("data");
  }

  Path log() {
    return directory.resolve("postgres.log");
  }

  /** The password of the database user, made at the first start: 32 random bytes. */
  String password() throws IOException {
    Path file = directory.resolve("password");
    if (!Files.exists(file)) {
      byte[] random = new byte[32];
      new SecureRandom().nextBytes(random);
      writePrivately(file, Base64.getUrlEncoder().withoutPadding().encodeToString(random));
    }
    return Files.readString(file).strip();
  }

  /**
   * Makes the data directory if there is none, with SCRAM from the first moment. Rounds of hashing
   * make guessing a weak password slow; ours is 256 random bits, which nobody guesses, and each
   * connection would pay for them. Roles that are made later get the usual number.
   */
  void initialize(PostgresPrograms programs, String user) throws IOException {
    if (!Files.exists(data().resolve("PG_VERSION"))) {
      Path draft = directory.resolve("data.new");
      PostgresBinaries.deleteTree(draft);
      PostgresPrograms.Result result =
          programs.runForStart(
              "initdb",
              "-D",
              draft.toString(),
              "-U",
              user,
              "--pwfile=" + directory.resolve("password"),
              "--auth=scram-sha-256",
              "--set=" + ROUNDS + "=1",
              "--encoding=UTF8",
              "--no-locale");
      if (!result.ok()) {
        throw failure("initdb failed: " + result.output());
      }
      forget(draft.resolve("postgresql.conf"), ROUNDS);
      Files.move(draft, data(), StandardCopyOption.ATOMIC_MOVE);
    }
    Files.writeString(data().resolve("pg_hba.conf"), HBA);
  }

  private static void forget(Path configuration, String parameter) throws IOException {
    List<String> lines = Files.readAllLines(configuration);
    Files.write(configuration, lines.stream().filter(l -> !l.startsWith(parameter)).toList());
  }

  /** The port of the last start if it is free, else a new one, which is said. */
  int port() throws IOException {
    Path file = directory.resolve("port");
    if (Files.exists(file)) {
      int kept = Integer.parseInt(Files.readString(file).strip());
      if (isFree(kept)) {
        return kept;
      }
      LOG.warn("port of the embedded PostgreSQL is taken, choosing another port={}", kept);
    }
    return newPort();
  }

  /** Chooses and keeps a port that nobody uses. */
  int newPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, loopback())) {
      writePrivately(directory.resolve("port"), Integer.toString(socket.getLocalPort()));
      LOG.info("embedded PostgreSQL uses port={}", socket.getLocalPort());
      return socket.getLocalPort();
    }
  }

  /** The log of the run before this one is kept, older ones are not. */
  void rotateLog() throws IOException {
    if (Files.exists(log())) {
      Files.move(log(), directory.resolve("postgres.log.1"), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** The end of the server's log, for messages. */
  String logTail() {
    try {
      String text = Files.exists(log()) ? Files.readString(log()) : "";
      return text.substring(Math.max(0, text.length() - 2_000)).strip();
    } catch (IOException e) {
      return "";
    }
  }

  /** Always IPv4, as the server listens; the JDK's own may be {@code ::1}. */
  private static InetAddress loopback() throws IOException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(loopback(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void writePrivately(Path file, String text) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(draft);
    Files.createFile(
        draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(draft, text + "\n");
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  static DatabaseFailure failure(String message) {
    return new DatabaseFailure(DatabaseFailure.Kind.EMBEDDED, "embedded PostgreSQL: " + message);
  }
}
