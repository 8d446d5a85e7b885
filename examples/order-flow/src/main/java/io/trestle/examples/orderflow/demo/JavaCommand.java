package io.trestle.examples.orderflow.demo;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of a process with our own Java and class path. It never carries a secret. */
final class JavaCommand {
  /**
   * Takes the process out of what is sent to all processes of a terminal or a group at once, as far
   * as the system can, then becomes the command. The demo alone is told, and tells the others.
   */
  private static final List<String> APART =
      List.of(
          "/bin/sh",
          "-c",
          "trap '' INT HUP; if command -v setsid >/dev/null; then exec setsid \"$@\"; fi; exec \"$@\"",
          "sh");

  private static final List<String> INHERITED =
      List.of(
          "-Dtrestle.home=",
          "-Dtrestle.postgresql=",
          "-Dlogback.",
          "-Dio.netty.jfr.",
          "-XX:SharedArchiveFile=",
          "-XX:AOTCache=",
          "-Xlog:",
          "--sun-misc-unsafe-memory-access");

  private static final List<String> SMALL =
      List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
  private static final List<String> KERNEL = List.of("-Xmx512m");

  private JavaCommand() {}

  /** A service. */
  static List<String> service(Class<?> main) {
    return command(SMALL, main.getName(), List.of());
  }

  /** The kernel. */
  static List<String> kernel(String main, List<String> args) {
    return command(KERNEL, main, args);
  }

  private static List<String> command(List<String> size, String main, List<String> args) {
    List<String> command = new ArrayList<>(APART);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(arg -> INHERITED.stream().anyMatch(arg::startsWith))
        .forEach(command::add);
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED"); // without it, a warning at each start
    }
    command.addAll(size);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Leash.class.getName()));
    command.add(main);
    command.addAll(args);
    return command;
  }
}
