package io.trestle.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory and the processes of one benchmark. Closing it leaves neither; it closes itself
 * when this process is asked to end. The directory is on the disk of the state of {@code up}, since
 * a temporary file system would make commits look free. Thread-safe.
 */
final class Workspace implements AutoCloseable {
  private static final String PREFIX = "bench-";

  private final Path directory;
  private final Deque<Runnable> ends = new ArrayDeque<>();
  private final Thread hook = new Thread(this::end, "bench-end");
  private boolean ended;

  private Workspace(Path directory) {
    this.directory = directory;
  }

  static Workspace create() {
    try {
      Workspace workspace = new Workspace(Files.createTempDirectory(base(), PREFIX));
      Runtime.getRuntime().addShutdownHook(workspace.hook);
      return workspace;
    } catch (IOException e) {
      throw new BenchException("no directory to work in: " + e, e);
    }
  }

  /** The kernel's state, its database and the logs are below. */
  Path directory() {
    return directory;
  }

  /** Starts a process that ends with this workspace at the latest. */
  synchronized Child start(String role, List<String> flags) {
    if (ended) {
      throw new BenchException("stopped");
    }
    Child child = Child.start(role, flags, directory);
    ends.push(child::close);
    return child;
  }

  /** Has something ended with this workspace; at once when that is over. */
  synchronized void endWith(Runnable end) {
    if (ended) {
      end.run();
    } else {
      ends.push(end);
    }
  }

  @Override
  public void close() {
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // this process ends, and the hook is what waits for us
    }
  }

  /** The last one started goes first, so that clients go before servers and the kernel last. */
  private synchronized void end() {
    ended = true;
    for (Runnable end = ends.poll(); end != null; end = ends.poll()) {
      end.run();
    }
    Orphan.end(directory.resolve("embedded").resolve("data"));
    delete(directory);
  }

  private static void delete(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      // the kernel has deleted it on its own way out
    }
  }

  private static Path base() throws IOException {
    String state = System.getenv("TRESTLE_STATE");
    @Nullable String home = System.getProperty("trestle.home");
    if (state == null && home == null) {
      return Path.of(System.getProperty("java.io.tmpdir"));
    }
    Path base = state == null ? Path.of(home, ".trestle") : Path.of(state);
    if (!Files.isDirectory(base)) {
      Files.createDirectories(
          base, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    return base;
  }
}
