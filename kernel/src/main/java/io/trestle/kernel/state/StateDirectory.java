package io.trestle.kernel.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The directory of one kernel below the state root: {@code embedded/}, or one named after the
 * database. Made with mode 0700 when missing. Only one kernel uses it at a time, by the leader lock
 * of its database.
 */
public final class StateDirectory {
  private static final String EMBEDDED = "embedded";

  private final Path path;

  private StateDirectory(Path path) {
    this.path = path;
  }

  /**
   * The directory of a kernel with the embedded database.
   *
   * @throws StateException when it cannot be made, or the root is open to others
   */
  public static StateDirectory embedded(Path root) {
    return open(root, EMBEDDED);
  }

  /**
   * The directory of a kernel on a DSN.
   *
   * @param systemId {@code system_identifier} of the server
   * @throws StateException when it cannot be made, or the root is open to others
   */
  public static StateDirectory ofDatabase(Path root, String systemId, String database) {
    return open(root, fileName(systemId + "-" + database));
  }

  /** Every kernel below a root that lives, each with its directory. */
  public static List<LiveRuntime> liveRuntimes(Path root) {
    List<LiveRuntime> found = new ArrayList<>();
    try (Stream<Path> children = Files.list(root)) {
      children
          .sorted()
          .forEach(
              child ->
                  RuntimeFile.readLive(child)
                      .ifPresent(info -> found.add(new LiveRuntime(child, info))));
    } catch (IOException e) {
      return List.of(); // no such root: nobody was ever started there
    }
    return List.copyOf(found);
  }

  /** Where it is; the embedded database keeps its data below. */
  public Path path() {
    return path;
  }

  /**
   * The admin token, made when there is none.
   *
   * @throws StateException when its file is open to others or holds no token
   */
  public AdminToken adminToken() {
    return AdminToken.loadOrCreate(path);
  }

  /** Says where this kernel listens; replaces what an earlier one said. */
  public void writeRuntime(RuntimeInfo info) {
    try {
      RuntimeFile.write(path, info);
    } catch (IOException e) {
      throw new StateException(path.resolve(RuntimeFile.NAME) + ": cannot be written: " + e, e);
    }
  }

  /** The kernel that runs with this directory now. */
  public Optional<RuntimeInfo> liveRuntime() {
    return RuntimeFile.readLive(path);
  }

  /** Takes back what this process said; leaves what another wrote. Idempotent. */
  public void removeRuntime() {
    long own = ProcessHandle.current().pid();
    if (RuntimeFile.read(path).filter(info -> info.pid() == own).isPresent()) {
      try {
        Files.deleteIfExists(path.resolve(RuntimeFile.NAME));
      } catch (IOException e) {
        throw new StateException(path.resolve(RuntimeFile.NAME) + ": cannot be removed: " + e, e);
      }
    }
  }

  /**
   * A kernel that was found.
   *
   * @param directory its state directory
   * @param info where it listens
   */
  public record LiveRuntime(Path directory, RuntimeInfo info) {
    /** File with the credentials for it. */
    public Path tokenFile() {
      return directory.resolve(AdminToken.FILE);
    }
  }

  private static StateDirectory open(Path root, String name) {
    try {
      requirePrivate(root);
      Path path = root.resolve(name);
      PrivateFiles.makeDirectory(path);
      return new StateDirectory(path);
    } catch (IOException e) {
      throw new StateException(
          root + ": state cannot be kept here (expected: a directory of mode 0700): " + e, e);
    }
  }

  /**
   * A root that we made may be narrowed; one that the user chose and shares is the user's to
   * decide.
   */
  private static void requirePrivate(Path root) throws IOException {
    boolean foreign = Files.isDirectory(root) && !isDefault(root) && !isEmpty(root);
    if (foreign && PrivateFiles.isOpenDirectory(root)) {
      throw new StateException(
          "%s: others may enter it (expected: mode 0700; chmod 700, or choose another TRESTLE_STATE)"
              .formatted(root));
    }
    PrivateFiles.makeDirectory(root);
  }

  private static boolean isDefault(Path root) {
    return root.toAbsolutePath().normalize().endsWith(".trestle");
  }

  private static boolean isEmpty(Path root) throws IOException {
    try (Stream<Path> children = Files.list(root)) {
      return children.findAny().isEmpty();
    }
  }

  /**
   * A file name that is one to one with a text: bytes other than letters, digits, dot, dash and
   * underscore as %XX.
   */
  private static String fileName(String text) {
    StringBuilder name = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      boolean plain = b > 0 && (Character.isLetterOrDigit(b) || b == '.' || b == '-' || b == '_');
      name.append(plain ? String.valueOf((char) b) : "%%%02X".formatted(b));
    }
    return name.toString();
  }
}
