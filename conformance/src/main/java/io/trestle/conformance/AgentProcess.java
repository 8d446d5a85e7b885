package io.trestle.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** The agent of a language, running. Its input is also the leash: it ends when that closes. */
final class AgentProcess implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final long SECONDS = 60;

  private final String name;
  private final Process process;
  private final Writer commands;
  private final Map<Long, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
  private final List<JsonNode> observations = new ArrayList<>();
  private long lastId;
  private boolean gone;

  private AgentProcess(String name, Process process) {
    this.name = name;
    this.process = process;
    this.commands = new OutputStreamWriter(process.getOutputStream(), UTF_8);
  }

  /** Starts an agent; {@link #ready} tells when it is connected. */
  static AgentProcess start(Language language, JsonNode config) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(language.command()).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("SB_AGENT_CONFIG", config.toString());
    AgentProcess agent = new AgentProcess(language.name(), builder.start());
    Thread reader = new Thread(agent::read, "agent " + language.name());
    reader.setDaemon(true);
    reader.start();
    return agent;
  }

  /** Waits until it is connected, and says who it is. */
  JsonNode ready() throws InterruptedException {
    return observed(line -> line.path("observation").asText().equals("ready"), 1).get(0);
  }

  /** Sends a command and waits for its answer. */
  JsonNode ask(ObjectNode command) throws IOException, InterruptedException {
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    synchronized (commands) {
      long id = ++lastId;
      pending.put(id, answer);
      commands.write(command.put("id", id) + "\n");
      commands.flush();
    }
    synchronized (this) {
      if (gone) {
        answer.completeExceptionally(ended());
      }
    }
    try {
      return answer.get(SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException(name + ": no answer to " + command.path("command"), e);
    }
  }

  /** The observations of a kind: waits until there are so many. */
  synchronized List<JsonNode> observed(Predicate<JsonNode> kind, int count)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (true) {
      List<JsonNode> found = observations.stream().filter(kind).toList();
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (found.size() >= count) {
        return found;
      }
      if (left <= 0 || gone) {
        throw new UncheckedIOException(ended());
      }
      wait(left);
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    try (commands) {
      ask(JSON.createObjectNode().put("command", "stop"));
    } finally {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }

  private IOException ended() {
    return new IOException(name + ": the agent ended, or does not say what was expected");
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        hear(JSON.readTree(line));
      }
    } catch (IOException e) {
      System.err.println(name + ": not a line of JSON: " + e.getMessage());
      process.destroy();
    } finally {
      synchronized (this) {
        gone = true;
        notifyAll();
      }
      pending.values().forEach(answer -> answer.completeExceptionally(ended()));
    }
  }

  private void hear(JsonNode line) {
    if (line.has("observation")) {
      synchronized (this) {
        observations.add(line);
        notifyAll();
      }
      return;
    }
    CompletableFuture<JsonNode> answer = pending.remove(line.path("id").asLong());
    if (answer != null) {
      answer.complete(line);
    }
  }
}
