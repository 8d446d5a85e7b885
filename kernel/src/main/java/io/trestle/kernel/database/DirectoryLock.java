package io.trestle.kernel.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One process at a time uses an embedded directory: a lock of the operating system on a file, which
 * goes with the process however it dies. Without it a second start would take the first one's
 * PostgreSQL for an orphan and stop it.
 */
final class DirectoryLock implements AutoCloseable {
  private final FileChannel channel;

  private DirectoryLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Waits up to {@code wait}; then fails with LOCKED, naming the pid. Blocks. */
  static DirectoryLock take(Path directory, Duration wait, Cancellation cancellation)
      throws IOException {
    Path file = directory.resolve("lock");
    long deadline = System.nanoTime() + wait.toNanos();
    while (true) {
      DirectoryLock lock = tryTake(file);
      if (lock != null) {
        return lock;
      }
      if (System.nanoTime() >= deadline) {
        throw new DatabaseFailure(
            DatabaseFailure.Kind.LOCKED,
            "%s is in use by process %s; stop it, or set TRESTLE_STATE"
                .formatted(directory, Files.readString(file).strip()));
      }
      cancellation.check();
      Pause.millis(100);
    }
  }

  private static @Nullable DirectoryLock tryTake(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // held by this very process
    }
    if (lock == null) {
      channel.close();
      return null;
    }
    channel.truncate(0);
    String pid = Long.toString(ProcessHandle.current().pid());
    channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)));
    return new DirectoryLock(channel);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
