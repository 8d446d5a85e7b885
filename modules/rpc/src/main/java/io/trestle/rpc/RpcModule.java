package io.trestle.rpc;

import io.trestle.conversations.AccessNews;
import io.trestle.conversations.Callables;
import io.trestle.conversations.Policies;
import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.bus.Bus;
import io.trestle.rpc.core.CallGate;
import io.trestle.rpc.core.CallTable;
import io.trestle.rpc.core.InFlight;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Wires the proxy: its read models of what can be called and by whom, its client, its endpoint, its
 * idempotency keys, its report of outcomes.
 */
public final class RpcModule implements Module {
  private static final long REPORT_MILLIS = 250;

  private final CallTable table = new CallTable();
  private final CallGate gate = new CallGate();
  private final Outcomes outcomes = new Outcomes();
  private @Nullable ModuleContext house;
  private @Nullable CalleeClients callees;
  private @Nullable KeySweeper sweeper;
  private final List<Bus.Registration> news = new ArrayList<>();
  private long reports = -1;

  @Override
  public String name() {
    return "rpc";
  }

  @Override
  public Set<String> requires() {
    return Set.of("registry");
  }

  @Override
  public Future<Void> start(ModuleContext context) {
    house = context;
    CalleeClients client = new CalleeClients(context.vertx(), context.runtimeIdentity());
    callees = client;
    context.meters().gauge("trestle_rpc_in_flight", table.inFlight(), InFlight::total);
    RpcStore store =
        new RpcStore(context.database().pool(), context.database().writes(), context.pipeline());
    sweeper = new KeySweeper(context, store);
    InvokeEndpoint invoke =
        new InvokeEndpoint(context, table, gate, client, outcomes, desk(context, store));
    context.gateway().method(invoke.unary());
    context.gateway().method(invoke.stream());
    reports = context.vertx().setPeriodic(REPORT_MILLIS, id -> report(context.bus()));
    listen(context.bus(), client);
    return follow(context.bus());
  }

  private static IdempotencyDesk desk(ModuleContext context, RpcStore store) {
    return new IdempotencyDesk(
        store,
        context.clock(),
        context.ids(),
        context.kernel().id(),
        context.meters(),
        IdempotencyDesk.Rules.of(context.settings()));
  }

  /** No call before both read models are complete. */
  private Future<Void> follow(Bus bus) {
    return bus.request(Policies.ALL, new Policies.AskAll())
        .onSuccess(all -> all.policies().forEach(gate::policy))
        .compose(all -> bus.request(Callables.ALL, new Callables.AskAll()))
        .onSuccess(all -> all.offers().forEach(table::offer))
        .mapEmpty();
  }

  private void listen(Bus bus, CalleeClients client) {
    news.add(bus.subscribe(Policies.CHANGED, gate::policy));
    news.add(
        bus.subscribe(
            Callables.OFFER,
            offer -> {
              table.offer(offer);
              client.retain(offer);
            }));
    news.add(
        bus.subscribe(
            AccessNews.SERVICE,
            change -> {
              if (!change.active()) {
                client.cutService(change.serviceId());
              }
            }));
    news.add(
        bus.subscribe(
            AccessNews.INSTANCE, revocation -> client.cutInstance(revocation.instanceId())));
  }

  private void report(Bus bus) {
    List<Callables.Outcome> gathered = outcomes.take();
    if (!gathered.isEmpty()) {
      bus.publish(Callables.OUTCOMES, new Callables.Outcomes(gathered));
    }
  }

  @Override
  public Future<Void> stop() {
    if (house != null) {
      house.vertx().cancelTimer(reports);
    }
    if (sweeper != null) {
      sweeper.stop();
    }
    news.forEach(Bus.Registration::close);
    if (callees != null) {
      callees.close();
    }
    return Future.succeededFuture();
  }
}
