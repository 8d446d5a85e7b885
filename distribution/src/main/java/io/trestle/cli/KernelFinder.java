package io.trestle.cli;

import io.trestle.kernel.state.StateDirectory;
import io.trestle.kernel.state.StateDirectory.LiveRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which kernel a command means, and with which credentials (foundation.md 1.1): an address that was
 * given, else the only kernel that lives below the state directory. A token found beside a kernel
 * is only ever sent to an address at which that kernel says it listens.
 */
final class KernelFinder {
  private static final String TOKEN = "TRESTLE_TOKEN";

  private final Map<String, String> environment;
  private final Path stateRoot;
  private final @Nullable String addressFlag;
  private final @Nullable Path tokenFlag;

  KernelFinder(
      Map<String, String> environment,
      Path stateRoot,
      @Nullable String addressFlag,
      @Nullable Path tokenFlag) {
    this.environment = environment;
    this.stateRoot = stateRoot;
    this.addressFlag = addressFlag;
    this.tokenFlag = tokenFlag;
  }

  /**
   * A kernel and the token for it.
   *
   * @param token null when none was found; the kernel then refuses
   */
  record Found(Address address, @Nullable String token) {
    /** Without the token. */
    @Override
    public String toString() {
      return address.toString();
    }
  }

  /**
   * The kernel that is meant.
   *
   * @throws CliFailure when there is none, or several and nobody said which
   */
  Found find() {
    List<LiveRuntime> live = StateDirectory.liveRuntimes(stateRoot);
    Optional<Address> given = given();
    if (given.isPresent()) {
      Address address = given.get();
      return found(address, live.stream().filter(l -> listens(l, address)).findFirst());
    }
    if (live.size() != 1) {
      throw notOne(live);
    }
    return found(addressOf(live.get(0)), Optional.of(live.get(0)));
  }

  private Optional<Address> given() {
    if (addressFlag != null) {
      return Optional.of(Address.parse("--addr", addressFlag));
    }
    return Stream.of("TRESTLE_ADDR", "SB_ADDR")
        .filter(name -> variable(name).isPresent())
        .findFirst()
        .map(name -> Address.parse(name, variable(name).orElseThrow()));
  }

  private CliFailure notOne(List<LiveRuntime> live) {
    if (live.isEmpty()) {
      return CliFailure.noKernel(
          "not_found",
          "no kernel runs with state in %s (expected: one; start it with ./trestle up, or say where it is with --addr)"
              .formatted(stateRoot));
    }
    String candidates =
        live.stream()
            .map(l -> "%s (pid %d)".formatted(addressOf(l), l.info().pid()))
            .collect(Collectors.joining(", "));
    return CliFailure.noKernel(
        "failed_precondition",
        "%d kernels run with state in %s: %s (expected: one; choose with --addr)"
            .formatted(live.size(), stateRoot, candidates));
  }

  private Found found(Address address, Optional<LiveRuntime> kernel) {
    String token = token(kernel);
    if (token != null && !address.isEncrypted() && !address.isLoopback()) {
      throw CliFailure.usage(
          address
              + ": would send the admin token unencrypted to another machine (expected: https, or a loopback address)");
    }
    return new Found(address, token);
  }

  private @Nullable String token(Optional<LiveRuntime> kernel) {
    if (tokenFlag != null) {
      return read(tokenFlag)
          .orElseThrow(
              () -> CliFailure.usage("--token-file: " + tokenFlag + " (expected: readable)"));
    }
    return variable(TOKEN)
        .or(() -> kernel.flatMap(k -> read(k.tokenFile())))
        .map(String::strip)
        .orElse(null);
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static boolean listens(LiveRuntime kernel, Address address) {
    return kernel.info().http().stream()
        .anyMatch(url -> Address.parse("runtime.json", url).reaches(address));
  }

  private static Address addressOf(LiveRuntime kernel) {
    List<String> urls = kernel.info().http();
    if (urls.isEmpty()) {
      throw CliFailure.noKernel(
          "not_found", kernel.directory() + ": its kernel has no HTTP listener");
    }
    return Address.parse("runtime.json", urls.get(0));
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(text -> !text.isBlank());
  }
}
