package io.trestle.benchmarks.worker;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Options;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * NATS JetStream as a peer: a stream in files and a durable consumer for each service. How often
 * its files are synced is a setting of the server ({@code jetstream.sync_interval}).
 */
final class Nats {
  static final String STREAM = "trestle-bench";
  private static final String PREFIX = STREAM + ".";

  private Nats() {}

  static Connection connect(JsonObject arguments) throws IOException, InterruptedException {
    return io.nats.client.Nats.connect(
        Options.builder().server(arguments.getString("url")).noReconnect().build());
  }

  /** The subject of an event. */
  static String subject(String event) {
    return PREFIX + event;
  }

  /** Names of the consumers of a new, empty stream. */
  static List<String> declare(Connection connection, JsonArray services)
      throws IOException, JetStreamApiException {
    JetStreamManagement management = connection.jetStreamManagement();
    delete(connection);
    management.addStream(
        StreamConfiguration.builder()
            .name(STREAM)
            .subjects(PREFIX + ">")
            .storageType(StorageType.File)
            .maxAge(Duration.ofMinutes(5))
            .build());
    for (int i = 0; i < services.size(); i++) {
      List<String> filters =
          services.getJsonObject(i).getJsonArray("patterns").stream()
              .map(pattern -> PREFIX + ((String) pattern).replace("#", ">"))
              .toList();
      management.addOrUpdateConsumer(
          STREAM,
          ConsumerConfiguration.builder()
              .durable(consumer(i))
              .ackPolicy(AckPolicy.Explicit)
              .maxAckPending(EventSubscriberRole.IN_FLIGHT)
              .filterSubjects(filters)
              .build());
    }
    return IntStream.range(0, services.size()).mapToObj(Nats::consumer).toList();
  }

  private static String consumer(int number) {
    return "consumer-" + number;
  }

  /** The stream and its consumers, if they are there. */
  static void delete(@Nullable Connection connection) throws IOException, JetStreamApiException {
    if (connection == null) {
      return;
    }
    JetStreamManagement management = connection.jetStreamManagement();
    if (management.getStreamNames().contains(STREAM)) {
      management.deleteStream(STREAM);
    }
  }
}
