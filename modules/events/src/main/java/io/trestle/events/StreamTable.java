package io.trestle.events;

import io.trestle.conversations.Events;
import io.trestle.conversations.Events.Deliveries;
import io.trestle.conversations.Events.Delivery;
import io.trestle.conversations.Events.Open;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.events.core.Window;
import io.trestle.kernel.bus.Bus;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams of instances: one each, however many consumers (groups) its service has. What is
 * handed out in one turn of the event loop goes to a stream as one message of the bus. Thread: the
 * owner's event loop.
 */
final class StreamTable implements EventsHouse.Outgoing {
  private static final Logger LOG = LoggerFactory.getLogger(StreamTable.class);
  private static final int DEFAULT_IN_FLIGHT = 32;
  private static final int MAX_IN_FLIGHT = 1_024;

  private final Bus bus;
  private final Context owner;
  private final Consumer<Stream> lost;
  private final Consumer<Stream> vacant;
  private final Map<UUID, Stream> byKey = new HashMap<>();
  private final Map<UUID, Stream> byInstance = new HashMap<>();
  private final Map<Long, Stream> byNumber = new HashMap<>();
  private final Map<Stream, List<Delivery>> turn = new LinkedHashMap<>();
  private long numbers;
  private boolean flushing;

  /**
   * No streams.
   *
   * @param lost hears of a stream that takes nothing any more
   * @param vacant hears of a stream of which one consumer left something to the others
   */
  StreamTable(Bus bus, Context owner, Consumer<Stream> lost, Consumer<Stream> vacant) {
    this.bus = bus;
    this.owner = owner;
    this.lost = lost;
    this.vacant = vacant;
  }

  /** Every open stream. */
  List<Stream> all() {
    return List.copyOf(byKey.values());
  }

  /** One open stream. */
  record Stream(
      long number, UUID key, UUID service, UUID instance, int maxInFlight, Window window) {}

  /** The stream of an instance. */
  @Nullable Stream ofInstance(UUID instance) {
    return byInstance.get(instance);
  }

  /** Whether the connection of a stream still answers. */
  Future<Boolean> isAlive(Stream stream) {
    return bus.request(Events.PROBE, stream.key().toString(), new Events.Probe())
        .map(Events.Alive::alive)
        .otherwise(false);
  }

  /** Opens one; ALREADY_EXISTS while there is another of the instance. */
  Stream open(Open q) {
    if (byInstance.containsKey(q.instanceId())) {
      throw Refused.of(Reason.ALREADY_EXISTS, "this instance has an open Subscribe stream");
    }
    int wanted = q.maxInFlight() <= 0 ? DEFAULT_IN_FLIGHT : q.maxInFlight();
    int slots = Math.min(wanted, MAX_IN_FLIGHT);
    long number = ++numbers;
    Window window = new Window(slots, () -> owner.runOnContext(v -> vacant(number)));
    Stream stream = new Stream(number, q.stream(), q.serviceId(), q.instanceId(), slots, window);
    byKey.put(q.stream(), stream);
    byInstance.put(q.instanceId(), stream);
    byNumber.put(stream.number(), stream);
    return stream;
  }

  private void vacant(long number) {
    Stream stream = byNumber.get(number);
    if (stream != null) {
      stream.window().filling();
      vacant.accept(stream);
    }
  }

  @Nullable Stream find(UUID key) {
    return byKey.get(key);
  }

  /** The streams of a service. */
  List<Stream> of(UUID service) {
    return byKey.values().stream().filter(s -> s.service().equals(service)).toList();
  }

  @Nullable Stream remove(UUID key) {
    Stream stream = byKey.remove(key);
    if (stream != null) {
      byInstance.remove(stream.instance(), stream);
      byNumber.remove(stream.number());
      turn.remove(stream);
    }
    return stream;
  }

  int size() {
    return byKey.size();
  }

  @Override
  public void send(long number, Delivery delivery) {
    Stream stream = byNumber.get(number);
    if (stream == null) {
      return;
    }
    turn.computeIfAbsent(stream, s -> new ArrayList<>()).add(delivery);
    if (!flushing) {
      flushing = true;
      owner.runOnContext(v -> flush());
    }
  }

  private void flush() {
    flushing = false;
    Map<Stream, List<Delivery>> batch = new LinkedHashMap<>(turn);
    turn.clear();
    batch.forEach(
        (stream, deliveries) ->
            bus.request(
                    Events.DELIVER,
                    stream.key().toString(),
                    new Deliveries(List.copyOf(deliveries)))
                .onFailure(
                    e -> {
                      LOG.debug(
                          "stream gone instance={} reason={}", stream.instance(), e.toString());
                      lost.accept(stream);
                    }));
  }

  /** Ends every stream of these. */
  void end(List<Stream> streams, int code, String text) {
    for (Stream stream : streams) {
      bus.request(Events.END, stream.key().toString(), new Events.End(code, text))
          .onFailure(e -> LOG.debug("stream gone instance={}", stream.instance()));
    }
  }
}
