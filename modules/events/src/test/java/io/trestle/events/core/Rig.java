package io.trestle.events.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A dispatcher, a clock, and a record of what was decided. */
final class Rig implements DispatchActions<String> {
  static final Subscription FOO = new Subscription(1, "foo.x", "");
  static final Subscription BAZ = new Subscription(2, "baz.x", "");
  static final Subscription WILD = new Subscription(3, "foo.*", "");
  static final Subscription FOO_EUR = new Subscription(4, "foo.x", "{\"$.currency\":\"EUR\"}");
  static final UUID ONE = new UUID(0, 1);
  static final UUID TWO = new UUID(0, 2);
  static final UUID THREE = new UUID(0, 3);

  long now = 1_000_000;
  DispatchRules rules =
      new DispatchRules(
          30_000, 5, List.of(1_000L, 5_000L, 30_000L, 120_000L, 600_000L), 30_000, 604_800_000);
  final List<Handout<String>> out = new ArrayList<>();
  final Map<Long, Trouble> stored = new LinkedHashMap<>();
  final List<Burial<String>> burials = new ArrayList<>();
  final List<Long> fetches = new ArrayList<>();
  final List<Long> finished = new ArrayList<>();
  final List<Long> unsent = new ArrayList<>();
  int vacancies;
  final Dispatcher<String> dispatcher;
  private List<Member> members = List.of();
  private List<Subscription> effective = List.of();

  /** With more memory than it can use. */
  Rig() {
    this(new MemoryPool(Long.MAX_VALUE / 4));
  }

  Rig(MemoryPool pool) {
    dispatcher = new Dispatcher<>(this, () -> rules, new Random(7), pool);
  }

  /** These instances live and declare foo.x, each with a stream of its number. */
  static Rig with(int maxInFlight, UUID... instances) {
    return with(new MemoryPool(Long.MAX_VALUE / 4), maxInFlight, instances);
  }

  static Rig with(MemoryPool pool, int maxInFlight, UUID... instances) {
    Rig rig = new Rig(pool);
    rig.register(Arrays.stream(instances).map(i -> member(i, FOO)).toArray(Member[]::new));
    for (UUID instance : instances) {
      rig.open(instance, maxInFlight);
    }
    return rig;
  }

  static Member member(UUID instance, Subscription... subscriptions) {
    return new Member(instance, true, false, List.of(subscriptions));
  }

  static long stream(UUID instance) {
    return instance.getLeastSignificantBits();
  }

  void open(UUID instance, int maxInFlight) {
    dispatcher.open(stream(instance), instance, maxInFlight, now);
  }

  void close(UUID instance, boolean sessionEnded) {
    dispatcher.close(stream(instance), sessionEnded, now);
  }

  void register(Member... live) {
    members(true, live);
  }

  void members(boolean byRegistration, Member... live) {
    members = List.of(live);
    if (live.length > 0) {
      effective = Stream.of(live).flatMap(m -> m.subscriptions().stream()).distinct().toList();
    }
    dispatcher.members(members, effective, byRegistration, now);
  }

  void offer(long position, String lane) {
    offer(position, lane, Match.of(1));
  }

  void offer(long position, String lane, Match match) {
    offer(position, lane, match, "e" + position, Trouble.NONE);
  }

  void offer(long position, String lane, Match match, @Nullable String event, Trouble trouble) {
    dispatcher.offer(new Pending<>(position, lane, match, now, 100, event, trouble), now);
  }

  Handout<String> last() {
    return out.get(out.size() - 1);
  }

  boolean ack(Handout<String> h) {
    return dispatcher.ack(h.stream(), h.position(), h.token(), true, now);
  }

  boolean nack(Handout<String> h, String error) {
    return nack(h, new Nack(error, -1, false));
  }

  boolean nack(Handout<String> h, Nack nack) {
    return dispatcher.nack(h.stream(), h.position(), h.token(), true, nack, now);
  }

  void after(long millis) {
    now += millis;
    dispatcher.tick(now);
  }

  /** On to the next time at which something is to be done. */
  void toNextTick() {
    now = dispatcher.nextTick();
    dispatcher.tick(now);
  }

  void fetched(long position) {
    dispatcher.fetched(position, "e" + position, 100, now);
  }

  void buried(long position) {
    dispatcher.buried(position, now);
  }

  /** What was stored of it. */
  Trouble trouble(long position) {
    return Objects.requireNonNull(stored.get(position));
  }

  List<Long> positions() {
    return out.stream().map(Handout::position).toList();
  }

  @Override
  public void handOut(Handout<String> handout) {
    out.add(handout);
  }

  @Override
  public void finished(long position) {
    finished.add(position);
  }

  @Override
  public void store(long position, Trouble trouble) {
    stored.put(position, trouble);
  }

  @Override
  public void unsent(long position) {
    unsent.add(position);
  }

  @Override
  public void bury(Burial<String> burial) {
    burials.add(burial);
  }

  @Override
  public void fetch(long position) {
    fetches.add(position);
  }

  @Override
  public void vacant() {
    vacancies++;
  }
}
