package io.trestle.examples.orderflow.demo;

import io.trestle.kernel.state.StateDirectory;
import io.trestle.kernel.state.StateDirectory.LiveRuntime;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one demo: {@code demo} below the state root, or {@code demo-2} and so on while
 * others run. Each demo begins with an empty database; of the one before it only the unpacked
 * PostgreSQL programs stay. Being below the root and a root itself, it is not seen by commands that
 * look for the kernel of {@code up}.
 */
final class DemoDirectory implements AutoCloseable {
  private static final int MOST = 20;

  private final Path path;
  private final FileChannel lock;

  private DemoDirectory(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Takes the first one that no other demo uses.
   *
   * @throws DemoException when there is none, or it cannot be made
   */
  static DemoDirectory take(Path stateRoot) {
    try {
      for (int number = 1; number <= MOST; number++) {
        Path path = stateRoot.resolve(number == 1 ? "demo" : "demo-" + number);
        makePrivate(stateRoot);
        makePrivate(path);
        FileChannel channel = tryLock(path.resolve("demo.lock"));
        if (channel != null) {
          DemoDirectory directory = new DemoDirectory(path, channel);
          directory.clear();
          return directory;
        }
      }
    } catch (IOException e) {
      throw new DemoException(stateRoot + ": state cannot be kept here: " + e, e);
    }
    throw new DemoException(stateRoot + ": " + MOST + " demos run already");
  }

  /** State root of the demo's kernel. */
  Path path() {
    return path;
  }

  /** Directory of the embedded PostgreSQL. */
  Path embedded() {
    return path.resolve("embedded");
  }

  /** Where what the processes print is kept. */
  Path logs() {
    return path.resolve("logs");
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }

  /** A demo that was killed may have left processes that are just leaving, and its data. */
  private void clear() throws IOException {
    for (LiveRuntime kernel : StateDirectory.liveRuntimes(path)) {
      ProcessHandle.of(kernel.info().pid()).ifPresent(Ending::await);
    }
    Ending.ofPostgres(embedded());
    deleteTree(embedded());
    deleteTree(logs());
  }

  private static void deleteTree(Path root) throws IOException {
    if (Files.exists(root)) {
      try (Stream<Path> tree = Files.walk(root)) {
        for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static @Nullable FileChannel tryLock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock held;
    try {
      held = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      held = null;
    }
    if (held == null) {
      channel.close();
      return null;
    }
    return channel;
  }

  private static void makePrivate(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }
}
