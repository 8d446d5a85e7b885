package io.trestle.benchmarks.worker;

import io.nats.client.Connection;
import io.nats.client.ConsumeOptions;
import io.nats.client.Message;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** NATS, consuming: every message acknowledged by itself. */
final class NatsSubscriberRole implements Role {
  private final Deliveries deliveries = new Deliveries();
  private @Nullable Connection connection;

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws Exception {
    return command.equals("start") ? start(arguments) : deliveries.answer(command, arguments);
  }

  private JsonObject start(JsonObject arguments) throws Exception {
    Connection made = Nats.connect(arguments);
    connection = made;
    ConsumeOptions options =
        ConsumeOptions.builder().batchSize(EventSubscriberRole.IN_FLIGHT).build();
    for (String consumer : Nats.declare(made, arguments.getJsonArray("services"))) {
      var unused =
          made.getStreamContext(Nats.STREAM)
              .getConsumerContext(consumer)
              .consume(options, this::handled);
    }
    return new JsonObject();
  }

  private void handled(Message message) {
    deliveries.handled(message.getData());
    message.ack();
  }

  @Override
  public void close() {
    try (Connection open = connection) {
      Nats.delete(open);
    } catch (Exception e) {
      System.err.println("the stream is left behind: " + e);
    }
  }
}
