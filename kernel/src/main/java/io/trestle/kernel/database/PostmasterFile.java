package io.trestle.kernel.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code postmaster.pid} of a data directory, and whose process that is. A process is ours only
 * when it is a live {@code postgres} whose command line names this data directory: pids are given
 * out again, and a foreign server must never be stopped.
 *
 * @param pid first line
 * @param port fourth line
 */
record PostmasterFile(long pid, int port) {

  static Optional<PostmasterFile> read(Path data) {
    try {
      List<String> lines = Files.readAllLines(file(data));
      return lines.size() < 4
          ? Optional.empty()
          : Optional.of(
              new PostmasterFile(
                  Long.parseLong(lines.get(0).strip()), Integer.parseInt(lines.get(3).strip())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | NumberFormatException e) {
      return Optional.empty(); // being written or removed right now
    }
  }

  static Path file(Path data) {
    return data.resolve("postmaster.pid");
  }

  /** Whether the process lives and is the server of this data directory. */
  boolean isServerOf(Path data) {
    return !isZombie(pid)
        && ProcessHandle.of(pid)
            .filter(ProcessHandle::isAlive)
            .map(ProcessHandle::info)
            .filter(info -> info.command().orElse("").endsWith("postgres"))
            .map(info -> info.arguments().orElse(new String[0]))
            .filter(arguments -> List.of(arguments).contains(data.toString()))
            .isPresent();
  }

  /**
   * Whether the file can be removed by us: its process is provably another one or a zombie, and no
   * process works in the data directory any more (children of a killed server do for a moment).
   * Only provable where there is a {@code /proc}.
   */
  static boolean isAbandoned(Path data) {
    Optional<PostmasterFile> file = read(data);
    return file.isPresent()
        && Files.isDirectory(Path.of("/proc/self"))
        && !file.get().isServerOf(data)
        && nobodyWorksIn(data);
  }

  private static boolean nobodyWorksIn(Path data) {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes
          .filter(p -> Character.isDigit(p.getFileName().toString().charAt(0)))
          .noneMatch(p -> worksIn(p, data));
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean worksIn(Path process, Path data) {
    try {
      return Files.readSymbolicLink(process.resolve("cwd")).equals(data);
    } catch (IOException e) {
      return false; // gone, or of another user
    }
  }

  private static boolean isZombie(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) == 'Z';
    } catch (IOException e) {
      return false; // gone, or no /proc here
    }
  }
}
