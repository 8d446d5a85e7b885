package io.trestle.kernel.database;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tukaani.xz.XZInputStream;

/**
 * Unpacks the PostgreSQL programs from the class path, once for each build of them. The folder is
 * filled under another name and renamed, so a half-unpacked one is never used and two processes may
 * do it at the same time.
 */
final class PostgresBinaries {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresBinaries.class);

  private PostgresBinaries() {}

  /** The folder with {@code bin/}, {@code lib/}, {@code share/}. Blocks for a second or two. */
  static Path unpack(Path parent, Cancellation cancellation) throws IOException {
    URLConnection archive = find().openConnection();
    archive.setUseCaches(false);
    Path folder = parent.resolve(key(archive));
    if (!Files.isExecutable(folder.resolve("bin/postgres"))) {
      unpack(archive, parent, folder, cancellation);
    }
    return folder;
  }

  private static URL find() {
    String name = "postgres-%s-%s.txz".formatted(system(), machine());
    URL url = PostgresBinaries.class.getClassLoader().getResource(name);
    if (url == null) {
      throw new DatabaseFailure(
          DatabaseFailure.Kind.EMBEDDED,
          "no embedded PostgreSQL for this machine ("
              + name
              + " is not on the class path); use -pg-url");
    }
    return url;
  }

  private static String system() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    return os.startsWith("mac") ? "darwin" : os;
  }

  private static String machine() {
    String arch = System.getProperty("os.arch", "");
    return switch (arch) {
      case "amd64", "x86_64" -> "x86_64";
      case "aarch64", "arm64" -> "arm_64";
      default -> arch;
    };
  }

  private static String key(URLConnection archive) throws IOException {
    long sum =
        archive instanceof JarURLConnection jar
            ? jar.getJarEntry().getCrc()
            : archive.getContentLengthLong();
    return "postgresql-%s-%s-%08x".formatted(system(), machine(), sum);
  }

  private static void unpack(
      URLConnection archive, Path parent, Path folder, Cancellation cancellation)
      throws IOException {
    LOG.info("unpacking PostgreSQL into={}", folder);
    Files.createDirectories(parent);
    Path draft = parent.resolve(folder.getFileName() + "." + UUID.randomUUID());
    try {
      try (InputStream raw = new BufferedInputStream(archive.getInputStream());
          TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(raw))) {
        for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
          cancellation.check();
          write(tar, e, draft);
        }
      }
      publish(draft, folder);
    } finally {
      deleteTree(draft);
    }
  }

  private static void publish(Path draft, Path folder) throws IOException {
    try {
      Files.move(draft, folder);
    } catch (IOException e) {
      if (!Files.isExecutable(folder.resolve("bin/postgres"))) {
        throw e;
      }
      LOG.debug("another process unpacked first folder={}", folder);
    }
  }

  private static void write(TarArchiveInputStream tar, TarArchiveEntry entry, Path root)
      throws IOException {
    Path file = root.resolve(entry.getName()).normalize();
    if (!file.startsWith(root)) {
      throw new IOException("archive entry outside of its folder: " + entry.getName());
    }
    if (entry.isDirectory()) {
      Files.createDirectories(file);
      return;
    }
    Files.createDirectories(file.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
      return;
    }
    Files.copy(tar, file);
    if ((entry.getMode() & 0100) != 0) {
      Files.setPosixFilePermissions(file, executable());
    }
  }

  private static Set<PosixFilePermission> executable() {
    return EnumSet.of(
        PosixFilePermission.OWNER_READ,
        PosixFilePermission.OWNER_WRITE,
        PosixFilePermission.OWNER_EXECUTE,
        PosixFilePermission.GROUP_READ,
        PosixFilePermission.GROUP_EXECUTE,
        PosixFilePermission.OTHERS_READ,
        PosixFilePermission.OTHERS_EXECUTE);
  }

  static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(root)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
