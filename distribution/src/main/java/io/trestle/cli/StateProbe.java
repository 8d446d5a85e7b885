package io.trestle.cli;

import io.trestle.kernel.state.AdminToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Looks at the rights of the state directory; makes nothing. */
final class StateProbe {
  private static final String SUBJECT = "state";
  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.GROUP_EXECUTE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);

  private final Path root;

  StateProbe(Path root) {
    this.root = root;
  }

  List<Finding> look() {
    if (!Files.exists(root)) {
      return List.of(missing());
    }
    List<Finding> problems = new ArrayList<>();
    if (!Files.isDirectory(root) || !Files.isWritable(root)) {
      problems.add(
          Finding.problem(
              SUBJECT,
              root + " cannot be written (expected: a directory of yours)",
              "choose another with TRESTLE_STATE"));
    } else {
      inspect(problems);
    }
    return problems.isEmpty() ? List.of(Finding.good(SUBJECT, root.toString())) : problems;
  }

  private Finding missing() {
    Path parent = root.toAbsolutePath().normalize().getParent();
    while (parent != null && !Files.exists(parent)) {
      parent = parent.getParent();
    }
    return parent != null && Files.isWritable(parent)
        ? Finding.good(SUBJECT, root + " will be made")
        : Finding.problem(
            SUBJECT, root + " cannot be made", "choose another place with TRESTLE_STATE");
  }

  private void inspect(List<Finding> problems) {
    try (Stream<Path> children = Files.list(root)) {
      if (isOpen(root)) {
        problems.add(
            Finding.problem(
                SUBJECT,
                root + ": others may enter it (expected: mode 0700)",
                "chmod 700 " + root));
      }
      for (Path child : children.toList()) {
        Path token = child.resolve(AdminToken.FILE);
        if (Files.exists(token) && isOpen(token)) {
          problems.add(
              Finding.problem(
                  SUBJECT,
                  token + ": others may read or write it (expected: mode 0600)",
                  "delete it to get a new one, or chmod 600 if nobody else saw it"));
        }
      }
    } catch (IOException e) {
      problems.add(Finding.problem(SUBJECT, root + ": " + e, "choose another with TRESTLE_STATE"));
    }
  }

  private static boolean isOpen(Path file) throws IOException {
    try {
      return Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains);
    } catch (UnsupportedOperationException e) {
      return false; // a file system without such rights
    }
  }
}
