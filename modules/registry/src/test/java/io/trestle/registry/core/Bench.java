package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.AccessNews;
import io.trestle.conversations.Callables;
import io.trestle.conversations.Registrations;
import io.trestle.conversations.Registrations.CaptureModes;
import io.trestle.conversations.Registrations.Content;
import io.trestle.conversations.Registrations.Policy;
import io.trestle.conversations.Registrations.Snapshot;
import io.trestle.conversations.Registrations.Update;
import io.trestle.conversations.Sessions;
import io.trestle.conversations.Subscribers.Subscriber;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import io.trestle.registry.core.Effect.EndWatch;
import io.trestle.registry.core.Effect.PublishOffer;
import io.trestle.registry.core.Effect.PublishSubscriber;
import io.trestle.registry.core.Effect.SendFrame;
import io.trestle.registry.core.Effect.SignalSession;
import io.trestle.registry.core.Effect.WritePresence;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A registry core with everything around it: a clock moved by hand, clients that take frames into
 * caches, and a record of what was said.
 */
final class Bench {
  static final Policy POLICY =
      new Policy(
          List.of("rpc.handle", "event.handle", "workflow.handle", "job.handle"),
          List.of(),
          List.of(),
          List.of());
  static final CaptureModes CAPTURE = new CaptureModes(2, 2, 2, 2, true, 65_536);
  static final Instant FAR = Instant.ofEpochMilli(10_000_000_000_000L);

  long now = 1_700_000_000_000L;
  final RegistryCore core = new RegistryCore(this::on, CAPTURE);
  final List<Effect> effects = new ArrayList<>();
  final Map<UUID, Stream> streams = new LinkedHashMap<>();
  final Map<UUID, Sessions.Signal> ended = new LinkedHashMap<>();
  final Map<UUID, WritePresence> presence = new HashMap<>();
  final Map<UUID, Callables.Offer> offers = new HashMap<>();
  final Map<UUID, Subscriber> subscribers = new HashMap<>();
  private long nextId;
  private long nextNumber;

  /** A registry stream as its client sees it. */
  static final class Stream {
    final UUID id;
    final UUID instance;
    final SdkCache cache = new SdkCache();
    final List<Content> frames = new ArrayList<>();
    @Nullable Content underWay;
    Registrations.@Nullable End end;
    boolean slow;

    Stream(UUID id, UUID instance) {
      this.id = id;
      this.instance = instance;
    }

    /** Number of the status with which the registry ended it. */
    int endNumber() {
      return Objects.requireNonNull(end, "end").number();
    }

    Snapshot snapshot(int frame) {
      return (Snapshot) frames.get(frame);
    }

    Update update(int frame) {
      return (Update) frames.get(frame);
    }

    Update lastUpdate() {
      return update(frames.size() - 1);
    }
  }

  /** One instance of a service. */
  record Inst(UUID service, UUID id) {}

  private void on(Effect effect) {
    effects.add(effect);
    if (effect instanceof SendFrame frame) {
      Stream stream = stream(frame.stream());
      assertThat(stream.underWay).as("one frame at a time").isNull();
      assertThat(stream.end).as("nothing after the end").isNull();
      stream.underWay = frame.content();
    } else if (effect instanceof EndWatch end) {
      stream(end.stream()).end = end.end();
    } else if (effect instanceof SignalSession signal) {
      ended.put(signal.stream(), signal.signal());
    } else if (effect instanceof WritePresence p) {
      presence.put(p.instanceId(), p);
    } else if (effect instanceof PublishOffer offer) {
      offers.put(offer.offer().serviceId(), offer.offer());
    } else if (effect instanceof PublishSubscriber subscriber) {
      subscribers.put(subscriber.subscriber().serviceId(), subscriber.subscriber());
    }
  }

  private Stream stream(UUID id) {
    return Objects.requireNonNull(streams.get(id), "stream");
  }

  WritePresence presence(Inst instance) {
    return Objects.requireNonNull(presence.get(instance.id), "presence");
  }

  /** What proxies know of a service when the turn is over. */
  Callables.Offer offer(UUID service) {
    core.publish();
    return Objects.requireNonNull(offers.get(service), "offer");
  }

  // ---- the world

  UUID id() {
    return new UUID(0, ++nextId);
  }

  UUID service(String name) {
    UUID id = id();
    announce(id, name, true);
    return id;
  }

  void announce(UUID service, String name, boolean active) {
    core.serviceChanged(
        new AccessNews.ServiceChanged(service, name, active, active ? null : FAR), now);
  }

  void revoke(Inst instance) {
    core.instanceRevoked(new AccessNews.InstanceRevoked(instance.id, instance.service, FAR), now);
  }

  /** Replaces the policy of a service. */
  void policy(UUID service, ServicePolicy policy) {
    core.policyChanged(service, policy, now);
  }

  /** Rules and nothing else: all capabilities are on. */
  void rules(UUID service, Rule... rules) {
    policy(service, ServicePolicy.of(List.of(Capability.values()), List.of(rules)));
  }

  /** No rules, and these capabilities off. */
  void off(UUID service, Capability... off) {
    policy(
        service,
        ServicePolicy.of(
            Arrays.stream(Capability.values()).filter(c -> !List.of(off).contains(c)).toList(),
            List.of()));
  }

  /** A new instance with session and registration. */
  Inst start(UUID service, Decl decl) {
    Inst instance = new Inst(service, id());
    open(instance);
    register(instance, decl);
    return instance;
  }

  /** Opens a session; the result is its control stream. */
  UUID open(Inst instance) {
    UUID stream = id();
    core.open(
        new Sessions.Open(stream, instance.service, instance.id, 1, "java", "1"),
        "s" + stream,
        now);
    return stream;
  }

  void closeSession(Inst instance, UUID stream) {
    core.sessionClosed(stream, instance.id, now);
  }

  Stream register(Inst instance, Decl decl) {
    return register(instance, decl, ++nextNumber);
  }

  Stream register(Inst instance, Decl decl, long number) {
    Registrations.Register q = question(instance, decl);
    store(q, number);
    Stream stream = new Stream(q.stream(), instance.id);
    streams.put(stream.id, stream);
    core.register(q, Normalizer.normalize(q.declaration()), number, now);
    return stream;
  }

  private Registrations.Register question(Inst instance, Decl decl) {
    return new Registrations.Register(
        id(), instance.service, instance.id, 1, "java", "1", decl.build());
  }

  /** A registration that was stored and is not taken over. */
  void store(Inst instance, Decl decl) {
    store(question(instance, decl), ++nextNumber);
  }

  private void store(Registrations.Register q, long number) {
    Subscriber told = core.subscribed(q, Normalizer.normalize(q.declaration()), number, now);
    if (told != null) {
      subscribers.put(q.serviceId(), told);
    }
  }

  /** What the keeper of subscriptions knows of a service when the turn is over. */
  Subscriber subscriber(UUID service) {
    core.publish();
    return Objects.requireNonNull(subscribers.get(service), "subscriber");
  }

  void closeWatch(Stream stream) {
    core.watchClosed(stream.id, stream.instance, now);
  }

  // ---- time and frames

  /** Everybody takes what is under way, until nothing is. */
  void takeAll() {
    boolean any = true;
    while (any) {
      any = false;
      for (Stream stream : List.copyOf(streams.values())) {
        any |= !stream.slow && take(stream);
      }
    }
  }

  boolean take(Stream stream) {
    Content frame = stream.underWay;
    if (frame == null) {
      return false;
    }
    stream.underWay = null;
    stream.frames.add(frame);
    stream.cache.apply(frame);
    core.taken(stream.id, now);
    return true;
  }

  /** Moves the clock, with everything that is due on the way. */
  void pass(long millis) {
    long until = now + millis;
    takeAll();
    while (core.nextWake() <= until) {
      now = Math.max(now, core.nextWake());
      core.tick(now);
      takeAll();
    }
    now = until;
  }

  /** Lets marked views be sent. */
  void settle() {
    pass(2 * Audience.COALESCE_MILLIS);
  }

  /** The registry stream that an instance opened last. */
  Stream stream(Inst instance) {
    return streams.values().stream()
        .filter(s -> s.instance.equals(instance.id))
        .reduce((a, b) -> b)
        .orElseThrow();
  }

  SdkCache cache(Inst instance) {
    return stream(instance).cache;
  }
}
