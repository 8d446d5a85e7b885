package io.trestle.cli;

import io.trestle.kernel.settings.NetworkSettings;
import io.trestle.kernel.settings.SettingKey;
import io.trestle.kernel.state.StateDirectory;
import io.trestle.kernel.state.StateDirectory.LiveRuntime;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Tries the ports that a kernel would listen on, and lets them go at once. */
final class PortProbe {
  private final Path stateRoot;

  PortProbe(Path stateRoot) {
    this.stateRoot = stateRoot;
  }

  /**
   * A finding for each listener.
   *
   * @param setting the text of a setting by its key; empty for the default
   */
  List<Finding> look(UnaryOperator<String> setting) {
    List<Finding> findings = new ArrayList<>();
    String grpcHost = textOf(setting, NetworkSettings.GRPC_HOST);
    findings.add(look(setting, NetworkSettings.GRPC_PORT, grpcHost));
    String uiHost = textOf(setting, NetworkSettings.UI_HOST).split(",", 2)[0].strip();
    findings.add(look(setting, NetworkSettings.UI_PORT, uiHost));
    return findings;
  }

  private Finding look(UnaryOperator<String> setting, SettingKey<Integer> key, String host) {
    String text = textOf(setting, key);
    String subject = "port " + text;
    int port;
    try {
      port = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return Finding.problem(subject, key.name() + ": not a number", "set " + key.name());
    }
    if (port == 0) {
      return Finding.good(subject, key.name() + ": any free port");
    }
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(host, port));
      return Finding.good(subject, "%s: free on %s".formatted(key.name(), host));
    } catch (IOException | IllegalArgumentException e) {
      return taken(subject, key, port, "on %s: %s".formatted(host, e.getMessage()));
    }
  }

  private Finding taken(String subject, SettingKey<Integer> key, int port, String problem) {
    Optional<LiveRuntime> own =
        StateDirectory.liveRuntimes(stateRoot).stream().filter(l -> has(l, port)).findFirst();
    return own.map(
            kernel ->
                Finding.good(
                    subject,
                    "%s: used by the running kernel, pid %d"
                        .formatted(key.name(), kernel.info().pid())))
        .orElseGet(
            () ->
                Finding.problem(
                    subject,
                    "%s: cannot be used %s".formatted(key.name(), problem),
                    "stop the process that has it, or choose another: --set %s=0"
                        .formatted(key.name())));
  }

  private static boolean has(LiveRuntime kernel, int port) {
    return Stream.concat(kernel.info().grpc().stream(), kernel.info().http().stream())
        .anyMatch(address -> address.endsWith(":" + port));
  }

  private static String textOf(UnaryOperator<String> setting, SettingKey<?> key) {
    String text = setting.apply(key.name());
    return text.isEmpty() ? key.defaultText() : text;
  }
}
