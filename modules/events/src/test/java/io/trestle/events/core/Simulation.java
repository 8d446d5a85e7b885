package io.trestle.events.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One random life of a consumer, played on a dispatcher and on the {@link Model}. */
final class Simulation {
  /** How its instances get what they get. */
  enum Streams {
    PUSHED,
    /** As over HTTP: they ask. */
    PULLED,
    BOTH
  }

  private static final List<Subscription> UNIVERSE =
      List.of(
          new Subscription(1, "a.x", ""),
          new Subscription(2, "a.x", "{filter}"),
          new Subscription(3, "a.*", ""),
          new Subscription(4, "b", ""),
          new Subscription(5, "#", ""));
  private static final List<Match> MATCHES =
      List.of(
          Match.of(1, 3, 5), Match.of(1, 2), Match.of(2), Match.of(4), Match.of(4, 5), Match.of(3));
  private static final List<String> LANES = List.of("", "", "", "k1", "k1", "k2", "k3", "k4");
  private static final List<String> ERRORS =
      List.of(
          "boom",
          "boom",
          "no handler for matched patterns",
          "local_overload",
          "local delivery concurrency exhausted");

  private final Random random;
  private final Model model;
  private Dispatcher<String> dispatcher;
  private final Map<UUID, Member> members = new LinkedHashMap<>();
  private final List<UUID> instances = new ArrayList<>();
  private long nextPosition = 1;
  private long nextStream = 1;
  private int offered;
  private final boolean rough;
  private final int crowd;
  private final Streams kind;

  Simulation(long seed, Streams kind) {
    this.kind = kind;
    random = new Random(seed);
    rough = random.nextInt(4) == 0;
    crowd = random.nextInt(6) == 0 ? 100 : 20;
    model = new Model(rules());
    model.now = 1_000_000;
    for (int i = 0; i < 4; i++) {
      instances.add(new UUID(random.nextLong(), i));
    }
    dispatcher = fresh();
  }

  private Dispatcher<String> fresh() {
    return new Dispatcher<>(
        model,
        () -> model.rules,
        new Random(random.nextLong()),
        new MemoryPool(Long.MAX_VALUE / 4));
  }

  private DispatchRules rules() {
    long visibility = random.nextBoolean() ? 30_000 : 5_000;
    long offline = random.nextInt(3) == 0 ? 60_000 : 0;
    List<Long> ladder = random.nextBoolean() ? List.of(1_000L, 5_000L, 30_000L) : List.of(100L);
    return new DispatchRules(visibility, 1 + random.nextInt(5), ladder, 30_000, offline);
  }

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      step();
      check();
    }
    settle();
  }

  private void step() {
    if (kind != Streams.PUSHED && random.nextInt(3) == 0) {
      fetchOrMiss();
    }
    int dice = random.nextInt(1000);
    if (dice < 250) {
      offer();
    } else if (dice < 560) {
      answer();
    } else if (dice < 720) {
      later();
    } else if (dice < 780) {
      confirm(false);
    } else if (dice < 800) {
      nonsense();
    } else if (dice < 870) {
      openOrClose();
    } else if (dice < 920) {
      register();
    } else if (dice < (rough ? 950 : 930)) {
      leave();
    } else if (dice < 955) {
      sessionEnds();
    } else if (dice < 965) {
      pause();
    } else if (dice < 975) {
      quiesce();
    } else if (dice < 980) {
      model.rules = rules();
    } else if (dice < (rough ? 990 : 982)) {
      crash();
    } else {
      register();
    }
    if (random.nextInt(5) > 0) {
      confirm(true);
    }
  }

  private void offer() {
    if (model.deliveries.size() > crowd) {
      return;
    }
    long position = nextPosition++;
    Match match = MATCHES.get(random.nextInt(MATCHES.size()));
    String lane = LANES.get(random.nextInt(LANES.size()));
    @Nullable String event = random.nextInt(10) == 0 ? null : "e" + position;
    Trouble trouble = Trouble.NONE;
    if (random.nextInt(10) == 0) {
      trouble = new Trouble(0, 7 + random.nextInt(3), model.now + random.nextInt(200), "", null);
      model.stored.put(position, trouble);
    }
    offer(new Pending<>(position, lane, match, model.now, 100, event, trouble));
    offered++;
  }

  private void offer(Pending<String> pending) {
    model.offer(pending);
    dispatcher.offer(pending, model.now);
    dispatcher.offer(pending, model.now);
    model.endOfCall();
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private List<ModelRules.Stream> pulling() {
    return model.streams.values().stream().filter(s -> s.pulled).toList();
  }

  /** Requests come and go, their answers may not arrive. */
  private void fetchOrMiss() {
    if (pulling().isEmpty()) {
      return;
    }
    ModelRules.Stream stream = any(pulling());
    int dice = random.nextInt(10);
    if (dice < 6) {
      demand(stream, 1 + random.nextInt(4), random.nextInt(6));
    } else if (dice < 7) {
      demand(stream, stream.max, 0);
    } else if (dice < 9 && !stream.held.isEmpty()) {
      ModelRules.Held held = any(stream.held);
      neverSent(stream, held.delivery.pending.position(), held.token);
    } else if (!model.lapsed.isEmpty()) {
      ModelRules.Held late = any(model.lapsed);
      long position = late.delivery.pending.position();
      neverSent(stream, position, late.token);
      answer(stream, position, late.token, true, random.nextBoolean() ? null : nack());
    }
  }

  private void demand(ModelRules.Stream stream, int max, int wanted) {
    stream.max = max;
    stream.wanted = wanted;
    dispatcher.demand(stream.id, max, wanted, model.now);
    model.endOfCall();
  }

  private void neverSent(ModelRules.Stream stream, long position, long token) {
    boolean expected = model.neverSent(stream, position, token);
    boolean wasOut = dispatcher.unsent(stream.id, position, token, model.now);
    if (wasOut != expected) {
      fail("position %d: unsent %s, expected %s", position, wasOut, expected);
    }
    model.endOfCall();
  }

  private void answer() {
    List<ModelRules.Held> held = new ArrayList<>(model.detached);
    model.streams.values().forEach(s -> held.addAll(s.held));
    if (held.isEmpty()) {
      return;
    }
    ModelRules.Held one = any(held);
    if (random.nextInt(20) == 0 && !model.streams.isEmpty()) {
      ModelRules.Stream foreign = any(List.copyOf(model.streams.values()));
      answer(foreign, one.delivery.pending.position(), one.token, true, null);
      return;
    }
    ModelRules.@Nullable Stream stream = one.stream != null ? one.stream : streamOf(one.instance);
    if (stream != null) {
      boolean given = random.nextInt(4) > 0;
      Nack nack = random.nextInt(3) > 0 ? null : nack();
      answer(stream, one.delivery.pending.position(), one.token, given, nack);
    }
  }

  private Nack nack() {
    long retryAfter = random.nextInt(5) == 0 ? random.nextInt(20_000) : -1;
    return new Nack(any(ERRORS), retryAfter, random.nextInt(12) == 0);
  }

  private void nonsense() {
    if (!model.streams.isEmpty()) {
      ModelRules.Stream stream = any(List.copyOf(model.streams.values()));
      long position = 1L + random.nextInt((int) nextPosition);
      long token = random.nextInt(50);
      answer(stream, position, token, random.nextBoolean(), random.nextBoolean() ? null : nack());
    }
  }

  private void answer(
      ModelRules.Stream stream, long position, long token, boolean given, @Nullable Nack nack) {
    boolean expected = model.answer(stream, position, token, given, nack);
    boolean counted =
        nack == null
            ? dispatcher.ack(stream.id, position, token, given, model.now)
            : dispatcher.nack(stream.id, position, token, given, nack, model.now);
    if (counted != expected) {
      fail("position %d: counted %s, expected %s", position, counted, expected);
    }
    model.endOfCall();
  }

  private void later() {
    int dice = random.nextInt(4);
    long next = dispatcher.nextTick();
    if (dice == 0 && next != Long.MAX_VALUE) {
      model.now = Math.max(model.now, next);
    } else {
      model.now += random.nextInt(dice == 1 ? 20_000 : 500);
    }
    tick();
  }

  private void tick() {
    model.tick();
    dispatcher.tick(model.now);
    model.endOfCall();
    if (dispatcher.nextTick() > model.earliest()) {
      fail("next tick too late: %d, expected %d", dispatcher.nextTick(), model.earliest());
    }
  }

  /** What was fetched arrives; some or all dead letters are stored. */
  private void confirm(boolean fetchedOnly) {
    for (long position : List.copyOf(model.fetching)) {
      model.fetching.remove(position);
      model.reservations = true;
      dispatcher.fetched(position, "e" + position, 100, model.now);
      model.endOfCall();
    }
    for (ModelRules.Delivery d : List.copyOf(model.deliveries.values())) {
      if (d.burying && !fetchedOnly && random.nextBoolean()) {
        model.buried(d.pending.position());
        dispatcher.buried(d.pending.position(), model.now);
        model.endOfCall();
      }
    }
  }

  private ModelRules.@Nullable Stream streamOf(UUID instance) {
    for (ModelRules.Stream stream : model.streams.values()) {
      if (stream.instance.equals(instance)) {
        return stream;
      }
    }
    return null;
  }

  private void openOrClose() {
    UUID instance = any(instances);
    ModelRules.@Nullable Stream stream = streamOf(instance);
    if (stream == null) {
      open(instance, 1 + random.nextInt(4));
    } else if (random.nextInt(3) == 0) {
      close(stream, random.nextBoolean());
    }
  }

  private void open(UUID instance, int max) {
    boolean pulled = kind == Streams.PULLED || (kind == Streams.BOTH && random.nextBoolean());
    ModelRules.Stream stream = new ModelRules.Stream(nextStream++, instance, max, pulled);
    model.streams.put(stream.id, stream);
    model.changed();
    if (pulled) {
      dispatcher.openPulled(stream.id, instance, max, model.now);
    } else {
      dispatcher.open(stream.id, instance, max, model.now);
    }
    model.endOfCall();
  }

  private void close(ModelRules.Stream stream, boolean sessionEnded) {
    model.close(stream, sessionEnded);
    dispatcher.close(stream.id, sessionEnded, model.now);
    model.endOfCall();
  }

  private void register() {
    UUID instance = any(instances);
    boolean plain = random.nextInt(3) > 0;
    List<Subscription> wanted =
        new ArrayList<>(UNIVERSE.stream().filter(s -> plain || random.nextInt(3) > 0).toList());
    java.util.Collections.shuffle(wanted, random);
    boolean session = random.nextInt(8) > 0;
    boolean draining = random.nextInt(8) == 0;
    members.put(instance, new Member(instance, session, draining, wanted));
    membersChanged(true);
  }

  private void leave() {
    if (!members.isEmpty()) {
      UUID instance = any(List.copyOf(members.keySet()));
      if (rough && random.nextInt(3) == 0) {
        members.clear();
      }
      members.remove(instance);
      membersChanged(false);
    }
  }

  private void membersChanged(boolean byRegistration) {
    List<Member> live = List.copyOf(members.values());
    List<Subscription> effective =
        live.isEmpty()
            ? List.copyOf(model.effective.values())
            : live.stream()
                .flatMap(m -> m.subscriptions().stream())
                .collect(
                    Collectors.toMap(Subscription::number, s -> s, (a, b) -> a, LinkedHashMap::new))
                .values()
                .stream()
                .toList();
    model.members(live, effective, byRegistration);
    dispatcher.members(live, effective, byRegistration, model.now);
    model.endOfCall();
  }

  private void sessionEnds() {
    UUID instance = any(instances);
    model.sessionEnded(instance);
    dispatcher.sessionEnded(instance, model.now);
    model.endOfCall();
  }

  private void pause() {
    pause(!model.paused);
  }

  private void pause(boolean paused) {
    model.paused(paused);
    dispatcher.paused(paused, model.now);
    model.endOfCall();
  }

  private void quiesce() {
    if (!model.streams.isEmpty()) {
      ModelRules.Stream stream = any(List.copyOf(model.streams.values()));
      stream.quiesced = true;
      model.changed();
      dispatcher.quiesce(stream.id);
      model.endOfCall();
    }
  }

  /** The process dies; what was stored is all that is left. */
  private void crash() {
    Model before = new Model(model.rules);
    List<Long> positions = model.deliveries.keySet().stream().sorted().toList();
    for (long position : positions) {
      Pending<String> p = model.delivery(position).pending;
      Trouble trouble = model.stored.getOrDefault(position, Trouble.NONE);
      ModelRules.Delivery again =
          new ModelRules.Delivery(
              new Pending<>(position, p.lane(), p.match(), p.createdAt(), 100, null, trouble));
      before.deliveries.put(position, again);
    }
    List<Subscription> last = List.copyOf(model.effective.values());
    model.restart();
    dispatcher = fresh();
    model.offlineSince = model.now - 500;
    dispatcher.offlineSince(model.now - 500);
    model.members(List.of(), last, false);
    dispatcher.members(List.of(), last, false, model.now);
    model.endOfCall();
    before.deliveries.values().forEach(d -> offer(d.pending));
    members.clear();
  }

  private void check() {
    int inFlight = (int) model.deliveries.values().stream().filter(d -> d.lease != null).count();
    if (dispatcher.inFlight() != inFlight
        || dispatcher.outstandingCount() != model.deliveries.size()
        || dispatcher.waiting() != model.deliveries.size() - inFlight
        || dispatcher.streams() != model.streams.size()) {
      fail("counts");
    }
    for (ModelRules.Stream stream : model.streams.values()) {
      int taken = dispatcher.taken(stream.id);
      if (taken < stream.held.size() || (!model.reservations && taken > stream.held.size())) {
        fail("slots of stream %d: %d, expected %d", stream.id, taken, stream.held.size());
      }
    }
    if (random.nextInt(20) == 0) {
      assertThat(dispatcher.outstanding())
          .containsExactly(model.deliveries.keySet().stream().sorted().mapToLong(l -> l).toArray());
    }
  }

  /** All comes right: nothing may be left over, and nothing may have gone otherwise. */
  private void settle() {
    List.copyOf(model.streams.values()).forEach(s -> close(s, true));
    instances.forEach(i -> members.put(i, new Member(i, true, false, UNIVERSE)));
    membersChanged(true);
    pause(false);
    instances.forEach(i -> open(i, 3));
    for (int i = 0; i < 20_000 && !model.deliveries.isEmpty(); i++) {
      pulling().forEach(s -> demand(s, 3, 3));
      confirm(false);
      List<ModelRules.Held> held =
          model.streams.values().stream().flatMap(s -> s.held.stream()).toList();
      for (ModelRules.Held one : held) {
        ModelRules.@Nullable Stream stream = one.stream;
        if (stream != null && stream.held.contains(one)) {
          answer(stream, one.delivery.pending.position(), one.token, true, null);
        }
      }
      model.now = Math.max(model.now, Math.min(dispatcher.nextTick(), model.now + 100_000));
      tick();
      check();
    }
    assertThat(model.deliveries).isEmpty();
    assertThat(model.finished + model.buried).isEqualTo(offered);
    assertThat(dispatcher.room()).isEqualTo(4096);
  }
}
