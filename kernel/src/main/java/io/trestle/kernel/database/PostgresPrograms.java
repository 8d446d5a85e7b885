package io.trestle.kernel.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs {@code initdb} and {@code pg_ctl}. PostgreSQL refuses to run as root; there it is put into a
 * user namespace in which it is not ({@code unshare -U}, same pid).
 */
final class PostgresPrograms {
  /**
   * How the GNU C library manages the heap of each server process. By default it gives all but 128
   * KiB back to the system at the end of a statement and asks for it again with the next: seven
   * system calls for one small batch. Other libraries read other variables; what the operator has
   * set stays.
   */
  private static final Map<String, String> HEAP =
      Map.of(
          "MALLOC_TRIM_THRESHOLD_", bytes(16),
          "MALLOC_MMAP_THRESHOLD_", bytes(8),
          "MALLOC_TOP_PAD_", bytes(1));

  private final Path bin;
  private final Cancellation cancellation;

  PostgresPrograms(Path folder, Cancellation cancellation) {
    this.bin = folder.resolve("bin");
    this.cancellation = cancellation;
  }

  /** What a program said and how it ended. */
  record Result(int exit, String output) {
    boolean ok() {
      return exit == 0;
    }
  }

  /** Runs a program that is ended when the start is cancelled. */
  Result runForStart(String program, String... arguments) throws IOException {
    Process process = cancellation.begin(command(program, arguments));
    try {
      return await(program, process);
    } finally {
      cancellation.ended();
    }
  }

  /** Runs a program to its end. */
  Result run(String program, String... arguments) throws IOException {
    return await(program, command(program, arguments).start());
  }

  private ProcessBuilder command(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(List.of("unshare", "-U"));
    }
    command.add(bin.resolve(program).toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    builder.environment().put("LC_ALL", "C"); // messages are matched, and the same everywhere
    HEAP.forEach(builder.environment()::putIfAbsent);
    return builder;
  }

  private static String bytes(int mebibytes) {
    return String.valueOf(mebibytes << 20);
  }

  private static Result await(String program, Process process) throws IOException {
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    try {
      return new Result(process.waitFor(), output);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + program + " ran", e);
    }
  }

  private static boolean isRoot() {
    return ProcessHandle.current().info().user().orElse("").equals("root");
  }
}
