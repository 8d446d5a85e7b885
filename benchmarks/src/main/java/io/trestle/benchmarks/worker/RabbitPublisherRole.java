package io.trestle.benchmarks.worker;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.MessageProperties;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** RabbitMQ, publishing: persistent messages on one channel, each done when it is confirmed. */
final class RabbitPublisherRole implements Role {
  private final Publishing publishing = new Publishing(this::publish);
  private final ConcurrentNavigableMap<Long, CompletableFuture<Void>> unconfirmed =
      new ConcurrentSkipListMap<>();
  private @Nullable Connection connection;
  private @Nullable Channel channel;

  @Override
  public JsonObject answer(String command, JsonObject arguments) throws Exception {
    return command.equals("start") ? start(arguments) : publishing.answer(command, arguments);
  }

  private JsonObject start(JsonObject arguments) throws Exception {
    Connection made = Rabbit.connect(arguments);
    connection = made;
    Channel opened = made.createChannel();
    opened.confirmSelect();
    opened.addConfirmListener(
        (tag, multiple) -> take(tag, multiple).forEach(each -> each.complete(null)),
        (tag, multiple) ->
            take(tag, multiple)
                .forEach(each -> each.completeExceptionally(new IOException("not confirmed"))));
    channel = opened;
    return new JsonObject();
  }

  private List<CompletableFuture<Void>> take(long tag, boolean multiple) {
    if (!multiple) {
      CompletableFuture<Void> one = unconfirmed.remove(tag);
      return one == null ? List.of() : List.of(one);
    }
    var upTo = unconfirmed.headMap(tag, true);
    List<CompletableFuture<Void>> all = new ArrayList<>(upTo.values());
    upTo.clear();
    return all;
  }

  private CompletionStage<?> publish(String event, String key, byte[] payload) {
    Channel open = Objects.requireNonNull(channel);
    CompletableFuture<Void> confirmed = new CompletableFuture<>();
    synchronized (open) {
      try {
        unconfirmed.put(open.getNextPublishSeqNo(), confirmed);
        open.basicPublish(
            Rabbit.EXCHANGE, event, MessageProperties.MINIMAL_PERSISTENT_BASIC, payload);
      } catch (IOException e) {
        confirmed.completeExceptionally(e);
      }
    }
    return confirmed;
  }

  @Override
  public void close() {
    if (connection != null) {
      connection.abort();
    }
  }
}
