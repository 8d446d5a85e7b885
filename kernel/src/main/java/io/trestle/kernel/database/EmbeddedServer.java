package io.trestle.kernel.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One PostgreSQL server of one directory, started and stopped by us. Every method blocks.
 *
 * <p>The server is started with {@code pg_ctl}, which puts it into a session of its own: Ctrl-C in
 * the terminal reaches the kernel only, which needs the database until it has drained. The price is
 * that a kernel that dies leaves an orphan. So a start begins by looking who is there, under the
 * lock of the directory:
 *
 * <ul>
 *   <li>a live server of this directory: an orphan. It is stopped in fast mode and a new one
 *       started, so that the settings are always ours;
 *   <li>a pid file whose process is gone: started over it; PostgreSQL recovers by itself;
 *   <li>children of a killed server still leaving, or a zombie: PostgreSQL refuses ("lock file",
 *       "shared memory block"), and it is tried again for 15 s;
 *   <li>the pid belongs to somebody else by now (a reboot): PostgreSQL would refuse for ever. The
 *       file is removed once it is proven that nobody works in the data directory.
 * </ul>
 *
 * The parameters that matter are on the command line, where neither {@code postgresql.conf} nor
 * {@code ALTER SYSTEM} can change them.
 */
final class EmbeddedServer {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedServer.class);
  private static final long START_RETRY_NANOS = 15_000_000_000L;
  private static final String FIXED =
      " -c listen_addresses=127.0.0.1 -c unix_socket_directories="
          + " -c fsync=on -c full_page_writes=on -c synchronous_commit=on"
          + " -c max_connections=60 -c password_encryption=scram-sha-256 -c timezone=UTC";

  private final EmbeddedOptions options;
  private final String user;
  private final Cancellation cancellation = new Cancellation();
  private @Nullable EmbeddedFiles files;
  private @Nullable PostgresPrograms programs;
  private @Nullable DirectoryLock lock;
  private int port;

  EmbeddedServer(EmbeddedOptions options, String user) {
    this.options = options;
    this.user = user;
  }

  /** Starts from whatever state the directory is in; returns port and password. */
  synchronized Address start(Duration lockWait, Consumer<String> progress) throws IOException {
    EmbeddedFiles f = new EmbeddedFiles(options.directory());
    files = f;
    lock = DirectoryLock.take(f.directory(), lockWait, cancellation);
    try {
      Path folder = PostgresBinaries.unpack(options.binaries(), cancellation);
      PostgresPrograms p = new PostgresPrograms(folder, cancellation);
      programs = p;
      String password = f.password();
      stopOrphan(f, p, progress);
      f.initialize(p, user);
      port = f.port();
      launch(f, p);
      cancellation.check();
      return new Address(port, password);
    } catch (IOException | RuntimeException e) {
      stop();
      throw e;
    }
  }

  /**
   * Ends a start that is under way: it fails soon, and then neither a server nor a program of it
   * runs. From any thread; does not wait for the end of the start.
   */
  void cancel() {
    cancellation.cancel();
  }

  /** Whether {@link #cancel} was called. */
  boolean isCancelled() {
    return cancellation.isCancelled();
  }

  /** Where the server listens, and the password of its user. */
  record Address(int port, String password) {
    /** Never the password. */
    @Override
    public String toString() {
      return "127.0.0.1:" + port;
    }
  }

  /** Whether the server process lives. */
  synchronized boolean isAlive() {
    EmbeddedFiles f = files;
    return f != null
        && PostmasterFile.read(f.data()).filter(p -> p.isServerOf(f.data())).isPresent();
  }

  /** Starts the server again after it died; same port. */
  synchronized void restart() throws IOException {
    EmbeddedFiles f = files;
    PostgresPrograms p = programs;
    if (f != null && p != null && lock != null && !isAlive()) {
      launch(f, p);
    }
  }

  /** Lets go of the directory and leaves the server running, as the death of the kernel does. */
  synchronized void abandon() throws IOException {
    releaseLock();
  }

  /**
   * Stops in fast mode, and at once if that takes too long; nothing acknowledged is lost. Only a
   * server whose directory we hold.
   */
  synchronized void stop() throws IOException {
    try {
      if (lock != null && files != null && programs != null && isAlive()) {
        stopServer(files.data(), programs, 3);
      }
    } finally {
      releaseLock();
    }
  }

  private void releaseLock() throws IOException {
    if (lock != null) {
      lock.close();
      lock = null;
    }
  }

  private static void stopOrphan(EmbeddedFiles f, PostgresPrograms p, Consumer<String> progress)
      throws IOException {
    Optional<PostmasterFile> found = PostmasterFile.read(f.data());
    if (found.isPresent() && found.get().isServerOf(f.data())) {
      String line =
          "stopping the orphaned PostgreSQL of %s pid=%d"
              .formatted(f.directory(), found.get().pid());
      LOG.warn("{}", line);
      progress.accept(line);
      stopServer(f.data(), p, 8);
    }
  }

  private static void stopServer(Path data, PostgresPrograms p, int seconds) throws IOException {
    PostgresPrograms.Result fast = stopServer(data, p, "fast", seconds);
    if (!fast.ok()) {
      LOG.warn("PostgreSQL does not stop, ending it at once said={}", fast.output());
      stopServer(data, p, "immediate", 3);
    }
  }

  private static PostgresPrograms.Result stopServer(
      Path data, PostgresPrograms p, String mode, int seconds) throws IOException {
    return p.run(
        "pg_ctl", "-D", data.toString(), "-m", mode, "-w", "-t", "" + seconds, "-s", "stop");
  }

  private void launch(EmbeddedFiles f, PostgresPrograms p) throws IOException {
    long deadline = System.nanoTime() + START_RETRY_NANOS;
    while (true) {
      f.rotateLog();
      PostgresPrograms.Result result = pgCtlStart(f, p);
      if (result.ok()) {
        LOG.info("embedded PostgreSQL runs port={} data={}", port, f.data());
        return;
      }
      String log = f.logTail();
      if (log.contains("could not bind")) {
        port = f.newPort();
      } else if (!isHeldByGhost(log)) {
        throw EmbeddedFiles.failure("did not start: " + result.output() + "\n" + log);
      }
      if (System.nanoTime() >= deadline) {
        throw EmbeddedFiles.failure("its data directory stays locked: " + log);
      }
      Pause.millis(250);
      removeAbandonedFile(f, log);
    }
  }

  /**
   * Not ended by a cancellation: a server that pg_ctl has just begun would be lost from sight. It
   * takes half a second, and then the server is stopped in order.
   */
  private PostgresPrograms.Result pgCtlStart(EmbeddedFiles f, PostgresPrograms p)
      throws IOException {
    return p.run(
        "pg_ctl",
        "-D",
        f.data().toString(),
        "-l",
        f.log().toString(),
        "-o",
        "-p " + port + FIXED,
        "-w",
        "-t",
        "60",
        "-s",
        "start");
  }

  private static boolean isHeldByGhost(String log) {
    return log.contains("lock file") || log.contains("shared memory block");
  }

  private static void removeAbandonedFile(EmbeddedFiles f, String log) throws IOException {
    if (log.contains("lock file") && PostmasterFile.isAbandoned(f.data())) {
      LOG.warn("removing the pid file of a server that is gone data={}", f.data());
      Files.deleteIfExists(PostmasterFile.file(f.data()));
    }
  }
}
