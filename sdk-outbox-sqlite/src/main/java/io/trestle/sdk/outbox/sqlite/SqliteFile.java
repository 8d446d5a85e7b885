package io.trestle.sdk.outbox.sqlite;

import io.trestle.sdk.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteDataSource;

/**
 * The file of an outbox: locked against others, looked at before it is opened. SQLite changes a
 * file by opening it (log, checkpoint), so the version is read from the header, and from a copy
 * where the truth may be in the log of a process that died.
 */
final class SqliteFile implements AutoCloseable {
  /** What this and the official SDKs write. */
  static final int VERSION = 1;

  private static final int HEADER = 100;
  private static final int USER_VERSION = 60;

  private final Path file;
  private final FileChannel lockFile;

  private SqliteFile(Path file, FileChannel lockFile) {
    this.file = file;
    this.lockFile = lockFile;
  }

  /**
   * Locks the file of a directory, which is made if need be.
   *
   * @throws ConfigurationException if it cannot be had
   */
  static SqliteFile lock(Path directory) {
    Path file = directory.resolve("sdk.db");
    try {
      makeDirectory(directory);
      FileChannel channel =
          FileChannel.open(
              directory.resolve("sdk.db.lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      if (tryLock(channel) == null) {
        channel.close();
        throw new ConfigurationException(
            "outbox "
                + file
                + ": in use (expected: a dataDir of its own for each running instance)");
      }
      return new SqliteFile(file, channel);
    } catch (IOException e) {
      throw new ConfigurationException("outbox " + file + ": " + e, e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) { // in this process
      return null;
    }
  }

  /** For the owner and to be seen by the group: payloads are in it. */
  private static void makeDirectory(Path directory) throws IOException {
    if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
    } else {
      Files.createDirectories(directory);
    }
  }

  Path path() {
    return file;
  }

  /**
   * Opens it.
   *
   * @throws ConfigurationException if it is of another version; it is untouched then
   */
  Connection open() throws SQLException {
    try {
      checkVersion();
    } catch (IOException e) {
      throw new ConfigurationException("outbox " + file + ": " + e, e);
    }
    return connect(file);
  }

  private void checkVersion() throws IOException, SQLException {
    long size = Files.exists(file) ? Files.size(file) : 0;
    if (size == 0) {
      return;
    }
    int version = headerVersion();
    if (version == VERSION || version == 0) {
      boolean logged = exists("-wal") && Files.size(beside("-wal")) > 0;
      if (version == VERSION && !logged) {
        return;
      }
      if (isOurs(copyAndAsk())) {
        return;
      }
    }
    throw new ConfigurationException(
        "outbox %s: not a file of version %d (it says %d). It was not changed. Start the program that wrote it until it is empty, or move the directory away"
            .formatted(file, VERSION, version));
  }

  private static boolean isOurs(int[] answer) {
    return answer[0] == VERSION || (answer[0] == 0 && answer[1] == 0);
  }

  private int headerVersion() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      int read = in.read(header, 0);
      return read == HEADER ? header.getInt(USER_VERSION) : -1;
    }
  }

  /** Version and number of tables, as SQLite sees them. */
  private int[] copyAndAsk() throws IOException, SQLException {
    Path directory = Files.createTempDirectory("trestle-outbox-");
    try {
      Path copy = Files.copy(file, directory.resolve("sdk.db"));
      if (exists("-wal")) {
        Files.copy(beside("-wal"), directory.resolve("sdk.db-wal"));
      }
      try (Connection connection = connect(copy)) {
        return new int[] {
          number(connection, "PRAGMA user_version"),
          number(connection, "SELECT count(*) FROM sqlite_master WHERE type = 'table'")
        };
      }
    } finally {
      for (String part : new String[] {"sdk.db-wal", "sdk.db-shm", "sdk.db-journal", "sdk.db"}) {
        Files.deleteIfExists(directory.resolve(part));
      }
      Files.delete(directory);
    }
  }

  private boolean exists(String suffix) {
    return Files.exists(beside(suffix));
  }

  private Path beside(String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  private static Connection connect(Path file) throws SQLException {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + file);
    return source.getConnection();
  }

  static int number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getInt(1);
    }
  }

  /** Gives the lock back. */
  @Override
  public void close() {
    try {
      lockFile.close();
    } catch (IOException e) {
      throw new ConfigurationException("outbox " + file + ": " + e, e);
    }
  }
}
