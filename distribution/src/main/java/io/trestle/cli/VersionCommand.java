package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trestle.kernel.Version;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code trestle version}: of this program, and of the kernel where one runs. */
@Command(name = "version", description = "Versions of this program and of the running kernel.")
final class VersionCommand implements Callable<Integer> {
  private final Cli cli;

  VersionCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    String java = Runtime.version().toString();
    ObjectNode json = Json.object().put("version", Version.current()).put("java", java);
    StringBuilder text =
        new StringBuilder("trestle %s, Java %s".formatted(Version.current(), java));
    kernel()
        .ifPresent(
            admin -> {
              JsonNode reply = admin.call("SystemService/Version", Json.object());
              ObjectNode kernel =
                  json.putObject("kernel").put("address", admin.address().toString());
              reply.properties().forEach(field -> kernel.set(field.getKey(), field.getValue()));
              text.append(
                  "%nkernel %s at %s".formatted(reply.path("version").asText(), admin.address()));
            });
    cli.terminal().result(text.toString(), Json.snakeCase(json));
    return ExitCode.DONE.number();
  }

  /** Nobody has to run a kernel to see a version; one that was named must answer. */
  private Optional<AdminClient> kernel() {
    try {
      return Optional.of(cli.admin());
    } catch (CliFailure e) {
      if (cli.isKernelGiven() || e.exit() != ExitCode.NO_KERNEL) {
        throw e;
      }
      return Optional.empty();
    }
  }
}
