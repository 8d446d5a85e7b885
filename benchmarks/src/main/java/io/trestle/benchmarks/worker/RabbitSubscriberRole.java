package io.trestle.benchmarks.worker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** RabbitMQ, consuming: a channel for each queue, every message acknowledged by itself. */
final class RabbitSubscriberRole implements Role {
  private final Deliveries deliveries = new Deliveries();
  private List<String> queues = List.of();
  private @Nullable Connection connection;

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws Exception {
    return command.equals("start") ? start(arguments) : deliveries.answer(command, arguments);
  }

  private JsonObject start(JsonObject arguments) throws Exception {
    Connection made = Rabbit.connect(arguments);
    connection = made;
    try (Channel channel = made.createChannel()) {
      queues = Rabbit.declare(channel, arguments.getJsonArray("services"));
    }
    for (String queue : queues) {
      Channel channel = made.createChannel();
      channel.basicQos(EventSubscriberRole.IN_FLIGHT);
      channel.basicConsume(queue, false, new Consumer(channel));
    }
    return new JsonObject();
  }

  private final class Consumer extends DefaultConsumer {
    private Consumer(Channel channel) {
      super(channel);
    }

    @Override
    public void handleDelivery(
        String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body)
        throws IOException {
      deliveries.handled(body);
      getChannel().basicAck(envelope.getDeliveryTag(), false);
    }
  }

  @Override
  public void close() {
    Connection open = connection;
    if (open == null) {
      return;
    }
    try (Channel channel = open.createChannel()) {
      for (String queue : queues) {
        channel.queueDelete(queue);
      }
      channel.exchangeDelete(Rabbit.EXCHANGE);
    } catch (Exception e) {
      System.err.println("queues are left behind: " + e);
    }
    open.abort();
  }
}
