package io.trestle.kernel;

import io.micrometer.core.instrument.MeterRegistry;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.gateway.Gateway;
import io.trestle.kernel.pipeline.WritePipeline;
import io.trestle.kernel.settings.Settings;
import io.trestle.kernel.web.Web;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** What the kernel gives to a module. Everything here lives until the module was stopped. */
public interface ModuleContext {
  /** The Vert.x of this kernel; verticles are deployed on it. */
  Vertx vertx();

  /** Time of the house; a test sets it. */
  Clock clock();

  /** How often what others may change in the database is read when no notification came. */
  Duration poll();

  /** UUIDv7 of the house. */
  Ids ids();

  /** Reads, transactions, notifications, and whether PostgreSQL answers. */
  Database database();

  /** The one way to write. */
  WritePipeline pipeline();

  /** Live runtime settings. */
  Settings settings();

  /** The gRPC listener. */
  Gateway gateway();

  /** The certificate of this runtime. */
  RuntimeIdentity runtimeIdentity();

  /** The HTTP listener and the admin API. */
  Web web();

  /** Typed conversations with other modules. */
  Bus bus();

  /** Metrics of the house. */
  MeterRegistry meters();

  /** This kernel: id, epoch and version. */
  KernelIdentity kernel();

  /**
   * The configuration of the calling module, checked and complete; or the section {@code gateway:},
   * when asked for {@code GatewayConfig}.
   */
  <C extends Record> C config(Class<C> type);

  /** Offers an extension to whoever collects that kind, such as a {@code DeclarationCheck}. */
  <T> void contribute(Class<T> kind, T extension);

  /** Everything contributed of a kind so far, in order of contribution. Safe from any thread. */
  <T> List<T> contributions(Class<T> kind);

  /**
   * Who this process is.
   *
   * @param id row of {@code kernels}
   * @param epoch fencing number, higher than any before
   * @param version build version, as in {@code Welcome.runtime_version}
   */
  record KernelIdentity(UUID id, long epoch, String version) {}
}
