package io.trestle.conformance.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridgeException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What an agent says: one JSON object a line. Any thread. */
final class Lines {
  private final PrintStream out;

  Lines(PrintStream out) {
    this.out = out;
  }

  /** Something that happened. */
  void observation(String name, Map<String, Object> members) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("observation", name);
    line.putAll(members);
    say(line);
  }

  /** The good outcome of a command. */
  void done(long id, @Nullable Object reply) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", id);
    line.put("ok", true);
    if (reply != null) {
      line.put("reply", reply);
    }
    say(line);
  }

  /** The bad outcome of a command. */
  void failed(long id, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException e && e.getCause() != null ? e.getCause() : failure;
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("code", cause instanceof ServiceBridgeException e ? e.code().name() : "INTERNAL");
    if (cause instanceof HandlerException e) {
      error.put("handlerCode", e.handlerCode());
    }
    error.put("message", String.valueOf(cause.getMessage()));
    error.put("retryable", cause instanceof ServiceBridgeException e && e.retryable());
    failed(id, error);
  }

  /** The same with an error that has no exception. */
  void failed(long id, Map<String, Object> error) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", id);
    line.put("ok", false);
    line.put("error", error);
    say(line);
  }

  private void say(Map<String, Object> line) {
    String text;
    try {
      text = Json.MAPPER.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    synchronized (this) {
      out.println(text);
      out.flush();
    }
  }
}
