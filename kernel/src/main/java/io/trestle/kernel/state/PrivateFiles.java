package io.trestle.kernel.state;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Files and directories for the owner alone. File systems without such rights are taken as they
 * are.
 */
final class PrivateFiles {
  private static final String DIRECTORY = "rwx------";
  private static final String FILE = "rw-------";

  private PrivateFiles() {}

  /** Makes a directory and its parents with mode 0700; one of ours that is wider is narrowed. */
  static void makeDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory, rights(directory, DIRECTORY));
    } else if (isWider(directory, DIRECTORY)) {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(DIRECTORY));
    }
  }

  /** Whether others than the owner may enter a directory. */
  static boolean isOpenDirectory(Path directory) throws IOException {
    return isWider(directory, DIRECTORY);
  }

  /** Whether others than the owner may read or write a file. */
  static boolean isOpenFile(Path file) throws IOException {
    return isWider(file, FILE);
  }

  /** Writes a file with mode 0600 so that readers see the old text or the new, never half of it. */
  static void write(Path file, byte[] content) throws IOException {
    Path draft =
        file.resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid() + ".new");
    Files.deleteIfExists(draft);
    try {
      create(draft, content);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /**
   * Writes a file unless it exists.
   *
   * @throws FileAlreadyExistsException when somebody was faster
   */
  static void writeNew(Path file, byte[] content) throws IOException {
    Path draft = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".new");
    try {
      Files.write(draft, content);
      Files.createLink(file, draft);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static void create(Path file, byte[] content) throws IOException {
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (FileChannel channel = FileChannel.open(file, options, rights(file, FILE))) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  private static boolean isWider(Path path, String allowed) throws IOException {
    if (!hasRights(path)) {
      return false;
    }
    Set<PosixFilePermission> rights = Files.getPosixFilePermissions(path);
    return !PosixFilePermissions.fromString(allowed).containsAll(rights);
  }

  private static FileAttribute<?>[] rights(Path path, String rights) {
    return hasRights(path)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(rights))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean hasRights(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}
