package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.v1.InvokeResponse;
import io.trestle.protocol.v1.OpenRequest;
import io.trestle.protocol.v1.ServerControl;
import io.trestle.sdk.ServiceBridge;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signals. */
class ShutdownTest {
  /** How long the call runs on after the signal. */
  private static final Duration RUNNING = Duration.ofSeconds(2);

  @TempDir Path state;

  private final CountDownLatch called = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);

  @Test
  @Acceptance({"FL-9", "WI-31"})
  void sigterm_runningCall_endsNormallyWhileNewOnesAreRefused() throws Exception {
    TestDatabase database = TestDatabase.migrated();
    try (KernelProcess kernel = KernelProcess.serve(state, database.url()).awaitReady();
        ServiceBridge callee = slowCallee(kernel);
        WireClient caller = WireClient.provision(kernel.grpc(), kernel.createService("caller"))) {
      WireClient.Running session = caller.start(Methods.OPEN, OpenRequest.getDefaultInstance());
      await().until(() -> kinds(session).equals("WELCOME"));
      WireClient.Running running = invoke(caller, callee);
      assertThat(called.await(30, TimeUnit.SECONDS)).isTrue();

      kernel.terminate();
      CompletableFuture.delayedExecutor(RUNNING.toMillis(), TimeUnit.MILLISECONDS)
          .execute(released::countDown);
      await().until(() -> kinds(session).equals("WELCOME DRAIN"));
      WireClient.Ended refused = invoke(caller, callee).ended();
      assertThat(released.getCount()).as("calls that run meanwhile").isOne();

      assertThat(refused.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(refused.notDispatched()).isTrue();
      assertThat(InvokeResponse.parseFrom(running.ended().only()).getPayload().toStringUtf8())
          .isEqualTo("slow");
      assertThat(session.ended().messages()).hasSize(2);
      // Zero is an orderly stop: one that is cut off before 5 s ends with another code.
      assertThat(kernel.awaitExit()).as(kernel.err()).isZero();
      assertThat(kernel.directory().resolve("runtime.json")).doesNotExist();
    }
  }

  @Test
  void secondSignal_duringTheStop_endsAtOnce() throws Exception {
    TestDatabase database = TestDatabase.migrated();
    try (KernelProcess kernel = KernelProcess.serve(state, database.url()).awaitReady();
        ServiceBridge callee = slowCallee(kernel);
        WireClient caller = WireClient.provision(kernel.grpc(), kernel.createService("caller"))) {
      invoke(caller, callee);
      assertThat(called.await(30, TimeUnit.SECONDS)).isTrue();

      kernel.terminate();
      await().until(() -> kernel.err().contains("signal received"));
      kernel.terminate();

      assertThat(kernel.awaitExit()).isEqualTo(128 + 15);
      assertThat(Files.exists(kernel.directory().resolve("runtime.json"))).isTrue();
      assertThat(CliRun.of(state, "service", "list").exit())
          .as("a file whose process is gone counts as none")
          .isEqualTo(3);
    } finally {
      released.countDown();
    }
  }

  private ServiceBridge slowCallee(KernelProcess kernel) {
    ServiceBridge callee =
        ServiceBridge.builder(kernel.grpc(), kernel.createService("callee"))
            .advertise("127.0.0.1", 0)
            .build();
    callee
        .rpc()
        .handle(
            "slow",
            (request, context) -> {
              called.countDown();
              released.await(30, TimeUnit.SECONDS);
              return "slow".getBytes(StandardCharsets.UTF_8);
            });
    callee.start();
    return callee;
  }

  private static WireClient.Running invoke(WireClient caller, ServiceBridge callee) {
    return caller.start(
        Methods.INVOKE_UNARY,
        InvokeRequest.newBuilder()
            .setTargetServiceId(callee.identity().orElseThrow().serviceId())
            .setMethod("slow")
            .setRequestId("request")
            .setPayload(ByteString.EMPTY)
            .build());
  }

  private static String kinds(WireClient.Running session) {
    return String.join(
        " ",
        session.messages().stream()
            .map(
                bytes -> {
                  try {
                    return ServerControl.parseFrom(bytes).getKindCase().name();
                  } catch (InvalidProtocolBufferException e) {
                    throw new AssertionError(e);
                  }
                })
            .toList());
  }
}
