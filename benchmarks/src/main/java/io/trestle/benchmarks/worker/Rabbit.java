package io.trestle.benchmarks.worker;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * RabbitMQ as a peer: a topic exchange and a quorum queue for each consumer. The subscriber makes
 * them, and takes them away when it ends.
 */
final class Rabbit {
  static final String EXCHANGE = "trestle-bench";

  private Rabbit() {}

  static Connection connect(JsonObject arguments) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(arguments.getString("url"));
    factory.setAutomaticRecoveryEnabled(false);
    return factory.newConnection();
  }

  /** Names of the queues, empty and bound. */
  static List<String> declare(Channel channel, JsonArray services) throws Exception {
    channel.exchangeDeclare(EXCHANGE, "topic", true);
    for (int i = 0; i < services.size(); i++) {
      channel.queueDelete(queue(i));
      channel.queueDeclare(queue(i), true, false, false, Map.of("x-queue-type", "quorum"));
      for (Object pattern : services.getJsonObject(i).getJsonArray("patterns")) {
        channel.queueBind(queue(i), EXCHANGE, (String) pattern);
      }
    }
    return IntStream.range(0, services.size()).mapToObj(Rabbit::queue).toList();
  }

  private static String queue(int consumer) {
    return EXCHANGE + "-" + consumer;
  }
}
