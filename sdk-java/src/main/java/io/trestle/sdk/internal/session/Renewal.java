package io.trestle.sdk.internal.session;

import io.trestle.protocol.Methods;
import io.trestle.protocol.TerminalStatus;
import io.trestle.protocol.v1.RefreshCertRequest;
import io.trestle.protocol.v1.RefreshCertResponse;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.internal.pki.Leaf;
import io.trestle.sdk.internal.pki.RenewalTimes;
import io.trestle.sdk.internal.wire.RuntimeCalls;
import io.vertx.core.Vertx;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Renews the leaf while a session lasts (wire.md 4.6): a new key and request on the existing
 * connection, a leaf of the same service and instance, and nothing else: streams and channels go
 * on, the next handshake shows the new leaf. What does not work is tried again, unless the runtime
 * says that it never will. On the lane.
 */
final class Renewal {
  private static final Logger LOG = System.getLogger(Renewal.class.getName());
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Vertx vertx;
  private final Lane lane;
  private final PinnedChannel control;
  private final X509Certificate ca;
  private final RenewalTimes times;
  private final InstantSource clock;
  private final Consumer<Leaf> renewed;
  private final Consumer<SessionFailure> refused;
  private Lane.@Nullable Timer timer;
  private RuntimeCalls.@Nullable Handle call;
  private int epoch;

  Renewal(
      Vertx vertx,
      PinnedChannel control,
      X509Certificate ca,
      RenewalTimes times,
      InstantSource clock,
      Consumer<Leaf> renewed,
      Consumer<SessionFailure> refused) {
    this.vertx = vertx;
    this.lane = control.lane();
    this.control = control;
    this.ca = ca;
    this.times = times;
    this.clock = clock;
    this.renewed = renewed;
    this.refused = refused;
  }

  /** Plans the renewal of a leaf; an earlier plan is dropped. */
  void plan(Leaf leaf) {
    cancel();
    double random = ThreadLocalRandom.current().nextDouble();
    after(times.delay(leaf.notAfter(), clock.instant(), random), leaf);
  }

  /** Renews no more. */
  void cancel() {
    epoch++;
    if (timer != null) {
      timer.cancel();
    }
    if (call != null) {
      call.cancel();
    }
  }

  private void after(Duration pause, Leaf leaf) {
    timer = lane.schedule(pause.toNanos(), () -> renew(leaf));
  }

  private void renew(Leaf leaf) {
    int planned = epoch;
    vertx
        .executeBlocking(() -> Provisioner.Request.create())
        .onSuccess(
            request ->
                lane.execute(
                    () -> {
                      if (planned == epoch) {
                        send(request, leaf);
                      }
                    }))
        .onFailure(e -> LOG.log(Level.ERROR, "no key pair for the renewal", e));
  }

  private void send(Provisioner.Request request, Leaf leaf) {
    call =
        RuntimeCalls.unary(
            control,
            Methods.REFRESH_CERT,
            RefreshCertRequest.newBuilder().setCsrDer(request.csr()).build(),
            TIMEOUT,
            answer -> accept(request, answer, leaf),
            status -> failed(status, leaf));
  }

  private void accept(Provisioner.Request request, RefreshCertResponse answer, Leaf old) {
    try {
      Leaf leaf = Leaf.issued(request.keys(), answer.getCertDer().toByteArray(), ca);
      String told = answer.getInstanceId();
      if (!leaf.id().equals(old.id()) || !(told.isEmpty() || told.equals(old.id().instanceId()))) {
        throw new CertificateException("the new leaf is for " + leaf.id());
      }
      renewed.accept(leaf);
    } catch (CertificateException e) {
      LOG.log(Level.WARNING, "renewal refused by us: {0}", e.getMessage());
      after(times.retry(), old);
    }
  }

  private void failed(CallStatus status, Leaf leaf) {
    if (TerminalStatus.ofRefresh(status.code())) {
      SessionFailure failure = SessionFailure.of("renewal", status);
      refused.accept(SessionFailure.fatal(failure.error()));
    } else {
      LOG.log(Level.WARNING, "renewal failed, code={0} {1}", status.code(), status.message());
      after(times.retry(), leaf);
    }
  }
}
