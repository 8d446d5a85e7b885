package io.trestle.conformance.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.sdk.protobuf.ProtoFile;
import io.trestle.sdk.protobuf.ProtobufRpc;
import io.trestle.sdk.protobuf.TypedSchema;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The Java SDK as a process. Its configuration is JSON in {@code SB_AGENT_CONFIG}; commands come as
 * lines of JSON on standard input and may overlap, answers and observations go as lines to standard
 * output. It ends at the command {@code stop}, and when its input does. docs/conformance.md has the
 * format.
 */
public final class Agent {
  private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};
  private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(20);

  private final Lines lines;
  private final ServiceBridge bridge;
  private final ProtobufRpc rpc;
  private final TypedSchema<Map<String, Object>, Map<String, Object>> schema;
  private final Occurrences events;

  private Agent(AgentConfig config, Lines lines) {
    this.lines = lines;
    this.bridge =
        ServiceBridge.builder(config.url(), config.key()).advertise("127.0.0.1", 0).build();
    this.rpc = ProtobufRpc.of(bridge);
    this.schema = ProtoFile.load(config.schema()).messages("Request", "Reply").asMaps();
    this.events = new Occurrences(config, lines, bridge);
    config.handlers().forEach(this::serve);
    config.streams().forEach(this::serveStream);
    config
        .uses()
        .forEach(
            (service, methods) ->
                bridge.service(service, ServiceDeps.rpc(methods.toArray(new String[0]))));
  }

  /** No arguments. */
  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, false, UTF_8);
    System.setOut(System.err); // nobody else writes between our lines
    String config = System.getenv("SB_AGENT_CONFIG");
    if (config == null) {
      System.err.println("SB_AGENT_CONFIG is not set");
      System.exit(2);
      return;
    }
    Agent agent = new Agent(AgentConfig.parse(config), new Lines(out));
    agent.start();
    agent.obey(System.in);
    System.exit(0);
  }

  private void serve(String method, Behaviour behaviour) {
    rpc.handle(
        method,
        schema,
        (request, context) -> {
          lines.observation("served", seen(method, context));
          return behaviour.answer(request, context);
        });
  }

  private void serveStream(String method, int replies) {
    rpc.handleStream(
        method,
        schema,
        (request, context, out) -> {
          lines.observation("served", seen(method, context));
          for (int i = 1; i <= replies; i++) {
            out.send(Map.of("text", request.getOrDefault("text", "") + " " + i));
          }
        });
  }

  private static Map<String, Object> seen(String method, CallContext context) {
    return Map.of(
        "method", method,
        "requestId", context.requestId(),
        "idempotencyKey", context.idempotencyKey(),
        "callerServiceId", context.caller().serviceId(),
        "callerInstanceId", context.caller().instanceId());
  }

  private void start() {
    bridge.start();
    var self = bridge.identity().orElseThrow();
    lines.observation(
        "ready", Map.of("serviceId", self.serviceId(), "instanceId", self.instanceId()));
  }

  private void obey(InputStream in) throws IOException {
    try (BufferedReader commands = new BufferedReader(new InputStreamReader(in, UTF_8))) {
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        if (!line.isBlank() && !obey(Json.MAPPER.readTree(line))) {
          return;
        }
      }
      bridge.stop();
    }
  }

  private boolean obey(JsonNode command) {
    long id = command.path("id").asLong();
    switch (command.path("command").asText()) {
      case "call" -> {
        if (command.path("stream").asBoolean()) {
          stream(id, command);
        } else {
          call(id, command);
        }
      }
      case "publish" -> events.publish(id, command);
      case "awaitMethod" -> awaitMethod(id, command);
      case "stop" -> {
        bridge.stop();
        lines.done(id, null);
        return false;
      }
      default ->
          lines.failed(
              id,
              Map.of(
                  "code",
                  "UNIMPLEMENTED",
                  "message",
                  "command: " + command.path("command").asText(),
                  "retryable",
                  false));
    }
    return true;
  }

  private void call(long id, JsonNode command) {
    try {
      Map<String, Object> request = request(command.path("request"));
      var unused =
          method(command)
              .callAsync(request, options(command))
              .whenComplete(
                  (reply, failure) -> {
                    if (failure == null) {
                      lines.done(id, reply);
                    } else {
                      lines.failed(id, failure);
                    }
                  });
    } catch (RuntimeException | JsonProcessingException e) {
      lines.failed(id, e);
    }
  }

  private void stream(long id, JsonNode command) {
    onThread(
        "stream " + id,
        () -> {
          List<Map<String, Object>> replies = new ArrayList<>();
          try (var stream =
              method(command).stream(request(command.path("request")), options(command))) {
            while (stream.hasNext()) {
              replies.add(stream.next());
            }
            lines.done(id, Map.of("replies", replies));
          } catch (RuntimeException | JsonProcessingException e) {
            lines.failed(id, e);
          }
        });
  }

  private ProtobufRpc.Method<Map<String, Object>, Map<String, Object>> method(JsonNode command) {
    return rpc.method(
        command.required("service").asText(), command.required("method").asText(), schema);
  }

  private static void onThread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static Map<String, Object> request(JsonNode node) throws JsonProcessingException {
    return node.isMissingNode() ? Map.of() : Json.MAPPER.treeToValue(node, MAP);
  }

  private static CallOptions options(JsonNode command) {
    CallOptions options = CallOptions.DEFAULT;
    if (command.has("timeoutMs")) {
      options = options.withTimeout(Duration.ofMillis(command.get("timeoutMs").asLong()));
    }
    if (command.has("transport")) {
      String name = command.get("transport").asText().toUpperCase(Locale.ROOT);
      options = options.withTransport(Transport.valueOf(name));
    }
    if (command.has("requestId")) {
      options = options.withRequestId(command.get("requestId").asText());
    }
    if (command.has("idempotencyKey")) {
      options = options.withIdempotencyKey(command.get("idempotencyKey").asText());
    }
    if (command.has("attempts")) {
      int attempts = command.get("attempts").asInt();
      options = options.withRetry(RetryPolicy.DEFAULT.withMaxAttempts(attempts));
    }
    return options;
  }

  private void awaitMethod(long id, JsonNode command) {
    String service = command.path("service").asText();
    String method = command.path("method").asText();
    long end =
        System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(command.path("timeoutMs").asLong(30_000));
    onThread(
        "await " + method,
        () -> {
          while (!visible(service, method)) {
            if (System.nanoTime() - end > 0) {
              String text = service + "/" + method + " is not visible";
              lines.failed(id, new ServiceBridgeException(ErrorCode.TIMEOUT, text, null));
              return;
            }
            LockSupport.parkNanos(LOOK_AGAIN);
          }
          lines.done(id, null);
        });
  }

  private boolean visible(String service, String method) {
    return bridge.serviceMap().service(service).stream()
        .flatMap(s -> s.methods().stream())
        .anyMatch(m -> m.name().equals(method));
  }
}
