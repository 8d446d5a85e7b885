package io.trestle.benchmarks.worker;

import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.vertx.core.json.JsonObject;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** NATS, publishing: each message is done when the stream has acknowledged it. */
final class NatsPublisherRole implements Role {
  private final Publishing publishing = new Publishing(this::publish);
  private @Nullable Connection connection;
  private @Nullable JetStream stream;

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws Exception {
    return command.equals("start") ? start(arguments) : publishing.answer(command, arguments);
  }

  private JsonObject start(JsonObject arguments) throws Exception {
    Connection made = Nats.connect(arguments);
    connection = made;
    stream = made.jetStream();
    return new JsonObject();
  }

  private CompletionStage<?> publish(String event, String key, byte[] payload) {
    return Objects.requireNonNull(stream).publishAsync(Nats.subject(event), payload);
  }

  @Override
  public void close() {
    if (connection != null) {
      try {
        connection.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
