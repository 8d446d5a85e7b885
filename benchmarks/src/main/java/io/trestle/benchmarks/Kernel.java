package io.trestle.benchmarks;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The kernel under measurement, as a process, and the little administration it needs. */
final class Kernel {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final Duration ADMIN_LIMIT = Duration.ofSeconds(20);

  /** See proc(5). */
  private static final String RESET_PEAK = "5";

  private final HttpClient http = HttpClient.newHttpClient();
  private final Child child;
  private final String grpc;
  private final String url;
  private final Path tokenFile;

  private Kernel(Child child, JsonObject started) {
    this.child = child;
    this.grpc = started.getString("grpc");
    this.url = started.getString("http");
    this.tokenFile = Path.of(started.getString("token"));
  }

  /** Starts one and waits until it serves. */
  static Kernel start(Workspace workspace, String role, List<String> flags) {
    Child child = workspace.start(role, flags);
    JsonObject where = new JsonObject().put("directory", workspace.directory().toString());
    return new Kernel(child, child.ask("start", where, START_LIMIT));
  }

  /** {@code host:port} of the gRPC listener. */
  String grpc() {
    return grpc;
  }

  Child child() {
    return child;
  }

  /** Address of the admin API. */
  String http() {
    return url;
  }

  /** The token of the admin API. */
  String token() {
    try {
      return Files.readString(tokenFile).strip();
    } catch (IOException e) {
      throw new BenchException("the admin token cannot be read: " + e, e);
    }
  }

  /** Processor time of its event loops so far, in nanoseconds. */
  long loopNanos() {
    return child.ask("loops", new JsonObject(), ADMIN_LIMIT).getLong("nanos");
  }

  /** A service and its bootstrap key. */
  record Service(String id, String name, String key) {}

  /** A new service; returns its bootstrap key. */
  String createService(String name) {
    return service(name).key();
  }

  /** A new service. */
  Service service(String name) {
    JsonObject made = admin("ServiceService/Create", new JsonObject().put("name", name));
    return new Service(made.getString("id"), name, made.getString("apiKey"));
  }

  /** Changes an access policy. */
  void setPolicy(JsonObject change) {
    admin("PolicyService/Set", change);
  }

  private JsonObject admin(String procedure, JsonObject request) {
    try {
      HttpRequest post =
          HttpRequest.newBuilder(URI.create(url).resolve("/servicebridge.ui.v1." + procedure))
              .timeout(ADMIN_LIMIT)
              .header("authorization", "Bearer " + token())
              .header("content-type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(request.encode()))
              .build();
      HttpResponse<String> answer = http.send(post, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new BenchException(procedure + " is refused: " + answer.body());
      }
      return new JsonObject(answer.body());
    } catch (IOException e) {
      throw new BenchException(procedure + " fails: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }

  /** Resident memory now and at its peak, in MiB. */
  Memory memory() {
    try {
      List<String> lines = Files.readAllLines(Path.of("/proc/" + child.pid() + "/status"));
      return new Memory(mebibytes(lines, "VmRSS:"), mebibytes(lines, "VmHWM:"));
    } catch (IOException e) {
      throw new BenchException(
          "the memory of the kernel cannot be read (expected: Linux): " + e, e);
    }
  }

  /** Lets the peak of {@link #memory} begin anew. */
  void forgetPeak() {
    try {
      Files.writeString(Path.of("/proc/" + child.pid() + "/clear_refs"), RESET_PEAK);
    } catch (IOException e) {
      throw new BenchException(
          "the memory of the kernel cannot be watched (expected: Linux): " + e, e);
    }
  }

  /** Resident memory of a process, in MiB. */
  record Memory(double now, double peak) {}

  private static double mebibytes(List<String> lines, String field) {
    return lines.stream()
            .filter(line -> line.startsWith(field))
            .map(line -> line.substring(field.length()).toLowerCase(Locale.ROOT).replace("kb", ""))
            .mapToLong(text -> Long.parseLong(text.strip()))
            .findFirst()
            .orElse(0)
        / 1024.0;
  }
}
