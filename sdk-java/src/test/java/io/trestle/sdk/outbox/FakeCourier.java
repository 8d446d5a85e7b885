package io.trestle.sdk.outbox;

import io.trestle.protocol.UuidV7;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.outbox.PublishVerdict.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Delivers to a list, as the runtime would: an id that it has is a duplicate. What it says to an
 * event can be chosen, and whether there is a session.
 */
public class FakeCourier implements EventCourier {
  private final UuidV7 ids =
      new UuidV7(System::currentTimeMillis, () -> ThreadLocalRandom.current().nextLong());
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final List<List<String>> requests = new CopyOnWriteArrayList<>();
  private final List<PreparedEvent> stored = new ArrayList<>();
  private final Set<String> known = new HashSet<>();
  private volatile boolean connected;
  private volatile boolean failing;
  private volatile boolean silent;
  private volatile Fault fault = Fault.NONE;
  private final AtomicInteger faults = new AtomicInteger();
  private volatile Function<String, Status> verdict = text -> Status.ACCEPTED;

  /** How a courier may break its word. */
  public enum Fault {
    NONE,
    CONNECTED_THROWS,
    /** With the flag of an interrupt left behind. */
    CONNECTED_THROWS_INTERRUPTED,
    SEND_THROWS,
    /** A checked exception that it does not declare, as other languages may. */
    SEND_THROWS_UNDECLARED,
    SEND_THROWS_AN_ERROR,
    NO_FUTURE,
    NO_VERDICTS,
    TOO_FEW_VERDICTS,
    GAP_FOR_THE_FIRST,
    CANCELLED,
    INTERRUPTED
  }

  /** An event type of texts. */
  public static EventType<byte[]> type(String name) {
    return new Type(name);
  }

  private record Type(String name) implements EventType<byte[]> {
    @Override
    public EventSchema<byte[]> schema() {
      return EventSchema.RAW;
    }

    @Override
    public String publish(byte[] payload, PublishOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<String> publishAsync(byte[] payload, PublishOptions options) {
      throw new UnsupportedOperationException();
    }
  }

  /** Begins a session. */
  public void connect() {
    connected = true;
    listeners.forEach(Runnable::run);
  }

  /** Ends it. */
  public void disconnect() {
    connected = false;
  }

  /** Whether requests stay without answer. */
  public void fail(boolean now) {
    failing = now;
  }

  /** From now on it breaks its word in this way; {@code NONE} mends it. */
  public void breakDown(Fault kind) {
    fault = kind;
  }

  /** How often it has done so. */
  public int faults() {
    return faults.get();
  }

  /** Whether requests are never answered. */
  public void keepSilent(boolean now) {
    silent = now;
  }

  /** What is said to an event with this text. */
  public void say(Function<String, Status> chosen) {
    verdict = chosen;
  }

  /** Texts of each request, also of those without answer. */
  public List<List<String>> requests() {
    return List.copyOf(requests);
  }

  /** What the runtime has. */
  public synchronized List<PreparedEvent> stored() {
    return List.copyOf(stored);
  }

  /** Texts of what the runtime has. */
  public List<String> texts() {
    return stored().stream().map(FakeCourier::text).toList();
  }

  private static String text(PreparedEvent event) {
    return new String(event.payload(), StandardCharsets.UTF_8);
  }

  @Override
  public <T> PreparedEvent prepare(EventType<T> type, T payload, PublishOptions options) {
    EventSchema.Encoded encoded = type.schema().encode(payload);
    return new PreparedEvent(
        ids.nextText(),
        type.name(),
        encoded.payload(),
        encoded.jsonView(),
        type.schema().contractHash(),
        options.partitionKey(),
        options.idempotencyKey(),
        options.headers(),
        System.currentTimeMillis(),
        "");
  }

  @Override
  public boolean connected() {
    if (isOfConnected(fault)) {
      faults.incrementAndGet();
      if (fault == Fault.CONNECTED_THROWS_INTERRUPTED) {
        Thread.currentThread().interrupt();
      }
      throw new IllegalStateException("a fault of the courier");
    }
    return connected;
  }

  private static boolean isOfConnected(Fault kind) {
    return kind == Fault.CONNECTED_THROWS || kind == Fault.CONNECTED_THROWS_INTERRUPTED;
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Throwable> E undeclared(Throwable thrown) throws E {
    throw (E) thrown;
  }

  @Override
  public void onConnected(Runnable listener) {
    listeners.add(listener);
  }

  @Override
  public CompletableFuture<List<PublishVerdict>> send(List<PreparedEvent> events) {
    requests.add(events.stream().map(FakeCourier::text).toList());
    if (silent) {
      return new CompletableFuture<>();
    }
    if (failing) {
      return CompletableFuture.failedFuture(
          new ConnectionException("the runtime is away", 14, null));
    }
    return fault == Fault.NONE || isOfConnected(fault)
        ? CompletableFuture.completedFuture(judge(events))
        : broken(events);
  }

  private List<PublishVerdict> judge(List<PreparedEvent> events) {
    return new ArrayList<>(events.stream().map(this::judge).toList());
  }

  @SuppressWarnings("NullAway") // that is the fault
  private CompletableFuture<List<PublishVerdict>> broken(List<PreparedEvent> events) {
    Fault kind = fault;
    faults.incrementAndGet();
    switch (kind) {
      case SEND_THROWS -> throw new IllegalStateException("a fault of the courier");
      case SEND_THROWS_AN_ERROR -> throw new NoClassDefFoundError("a fault of the courier");
      case SEND_THROWS_UNDECLARED ->
          throw FakeCourier.<RuntimeException>undeclared(new IOException("a fault of the courier"));
      case NO_FUTURE -> {
        return null;
      }
      case INTERRUPTED -> Thread.currentThread().interrupt();
      default -> {}
    }
    CompletableFuture<List<PublishVerdict>> answer = new CompletableFuture<>();
    List<PublishVerdict> verdicts = judge(events);
    switch (kind) {
      case CANCELLED -> answer.cancel(false);
      case NO_VERDICTS -> answer.complete(null);
      case TOO_FEW_VERDICTS -> answer.complete(verdicts.subList(1, verdicts.size()));
      case GAP_FOR_THE_FIRST -> {
        verdicts.set(0, null);
        answer.complete(verdicts);
      }
      default -> {} // no answer yet
    }
    return answer;
  }

  private synchronized PublishVerdict judge(PreparedEvent event) {
    Status status = verdict.apply(text(event));
    if (status == Status.ACCEPTED && !known.add(event.id())) {
      status = Status.DUPLICATE;
    } else if (status == Status.ACCEPTED) {
      stored.add(event);
    }
    return new PublishVerdict(status, status.stored() ? "" : "said so");
  }
}
