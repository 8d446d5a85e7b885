package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Empty;
import io.grpc.Metadata;
import io.trestle.Acceptance;
import io.trestle.kernel.Module;
import io.trestle.kernel.TrestleOptions;
import io.trestle.kernel.gateway.Access;
import io.trestle.kernel.gateway.Caller;
import io.trestle.kernel.gateway.Facade;
import io.trestle.kernel.gateway.Gateway;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.kernel.gateway.MethodHandler.Unary;
import io.trestle.protocol.ExtensionMethods;
import io.trestle.protocol.Methods;
import io.trestle.protocol.RpcMethod;
import io.trestle.system.SpiedModule;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every method for every kind of identity, against one table. The message is empty, so INVALID is
 * as far as a unary method lets anybody in; MESSAGES is a stream that answers and stays open.
 */
class MatrixTest {
  /**
   * The columns: without certificate; without certificate but with a key that the facade of {@code
   * Keys} takes; a leaf of a foreign authority; a service; a revoked service; a revoked instance;
   * the runtime's own name from outside.
   */
  private static final String TABLE =
      """
      Method                        none    key     foreign service  r-svc   r-inst  runtime
      Bootstrap/Provision           INVALID INVALID LOST    INVALID  UNAUTH  UNAUTH  UNAUTH
      Control/Open                  UNAUTH  UNAUTH  LOST    MESSAGES UNAUTH  UNAUTH  UNAUTH
      Control/RefreshCert           UNAUTH  UNAUTH  LOST    INVALID  UNAUTH  UNAUTH  UNAUTH
      Registry/RegisterAndWatch     UNAUTH  UNAUTH  LOST    MESSAGES UNAUTH  UNAUTH  UNAUTH
      Invoke/Unary                  UNAUTH  UNAUTH  LOST    INVALID  UNAUTH  UNAUTH  UNAUTH
      Invoke/Stream                 UNAUTH  UNAUTH  LOST    INVALID  UNAUTH  UNAUTH  UNAUTH
      Events/Publish                UNAUTH  UNAUTH  LOST    MESSAGES UNAUTH  UNAUTH  UNAUTH
      Events/Subscribe              UNAUTH  UNAUTH  LOST    INVALID  UNAUTH  UNAUTH  UNAUTH
      Events/ReplayDlq              UNAUTH  UNAUTH  LOST    INVALID  UNAUTH  UNAUTH  UNAUTH
      Events/ListDlq                UNAUTH  UNAUTH  LOST    MESSAGES UNAUTH  UNAUTH  UNAUTH
      Jobs/Subscribe                UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Jobs/JobResult                UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Jobs/Heartbeat                UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Workflows/Start               UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Workflows/Cancel              UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Workflows/Signal              UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Workflows/Query               UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Workflows/Await               UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Workflows/Replay              UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Workflows/RetryCompensation   UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Workflows/Subscribe           UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Workflows/CompleteTask        UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Workflows/FailTask            UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Workflows/Heartbeat           UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Telemetry/Report              UNAUTH  UNAUTH  LOST    MESSAGES UNAUTH  UNAUTH  UNAUTH
      Telemetry/ListTraces          UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Telemetry/GetTrace            UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Telemetry/GetOperation        UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Telemetry/GetPayload          UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Telemetry/QueryLogs           UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Telemetry/QueryMetrics        UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      UI/GetServiceGraph            UNAUTH  UNAUTH  LOST    DENIED   UNAUTH  UNAUTH  UNAUTH
      Call/Unary                    UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      Call/Stream                   UNAUTH  UNAUTH  LOST    UNIMPL   UNAUTH  UNAUTH  UNAUTH
      TraceStreams/Append           UNAUTH  UNAUTH  LOST    INVALID  UNAUTH  UNAUTH  UNAUTH
      TraceStreams/Watch            UNAUTH  UNAUTH  LOST    INVALID  UNAUTH  UNAUTH  UNAUTH
      Keys/Ask                      UNAUTH  MESSAGES LOST   UNAUTH   UNAUTH  UNAUTH  UNAUTH
      """;

  private static final String KEYS_PACKAGE = "test.keys.v1";

  /** The one method of a facade whose callers show a key. */
  private static final RpcMethod<Empty, Empty> ASK =
      new RpcMethod<>(
          KEYS_PACKAGE + ".Keys",
          "Ask",
          RpcMethod.Kind.UNARY,
          RpcMethod.Access.SERVICE,
          Empty.parser(),
          Empty.parser());

  private static final List<RpcMethod<?, ?>> METHODS =
      Stream.of(Methods.ALL, ExtensionMethods.ALL, List.of(ASK))
          .<RpcMethod<?, ?>>flatMap(List::stream)
          .toList();

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static final String KEY = "Bearer sbv2.0011223344556677.secret.ca";

  @RegisterExtension
  static final TrestleExtension TRESTLE = new TrestleExtension(MatrixTest::withKeys);

  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey service = WIRE.service();

  @Test
  @Acceptance({"FL-26", "WI-12", "WI-15"})
  void answers_toEveryIdentityOnEveryMethod_areThoseOfTheTable() {
    List<String> lines = TABLE.lines().toList();
    List<String> columns = words(lines.get(0)).subList(1, 8);
    Map<String, List<String>> expected = new LinkedHashMap<>();
    lines.subList(1, lines.size()).forEach(l -> expected.put(words(l).get(0), rest(l)));
    Map<String, List<String>> actual = new LinkedHashMap<>();

    for (String column : columns) {
      Supplier<WireClient> client = client(column);
      for (RpcMethod<?, ?> method : METHODS) {
        actual
            .computeIfAbsent(name(method), m -> new ArrayList<>())
            .add(answer(client.get(), method, headers(column)));
      }
    }

    assertThat(actual).containsExactlyEntriesOf(expected);
  }

  /** A kernel that speaks a second wire. */
  private static TrestleOptions withKeys(TrestleOptions options) {
    List<Module> modules =
        options.modules().stream()
            .map(module -> module.name().equals("rpc") ? spied(module) : module)
            .toList();
    return options.withModules(modules);
  }

  private static Module spied(Module real) {
    return SpiedModule.seen(real, house -> mountKeys(house.gateway()));
  }

  private static void mountKeys(Gateway gateway) {
    UUID id = UUID.randomUUID();
    Caller holder = new Caller(id, id, Caller.Kind.SERVICE, Caller.Via.KEY);
    gateway.mount(
        new Facade(
            KEYS_PACKAGE,
            (peer, headers) ->
                KEY.equals(headers.get("authorization")) ? holder : Caller.ANONYMOUS));
    gateway.method(
        new Unary<>(
            ASK.path(),
            Access.SERVICE,
            MethodHandler.DEFAULT_MAX_REQUEST_BYTES,
            Empty.parser(),
            (call, request) -> Future.succeededFuture(Empty.getDefaultInstance())));
  }

  private static List<String> words(String line) {
    return List.of(line.strip().split(" +"));
  }

  private static List<String> rest(String line) {
    return words(line).subList(1, words(line).size());
  }

  private static String name(RpcMethod<?, ?> method) {
    return method.path().replaceFirst("/(servicebridge|test)\\.(ext\\.|keys\\.)?v1\\.", "");
  }

  /** One connection; a new one for each call where none ever becomes usable. */
  private Supplier<WireClient> client(String column) {
    if (column.equals("foreign")) {
      WireIdentity foreign =
          Certificates.authority(Duration.ofDays(1))
              .leaf(Certificates.serviceUri(service.id(), service.id()));
      return () -> WIRE.client(service, foreign);
    }
    WireClient client =
        switch (column) {
          case "service" -> WIRE.instance(service).client();
          case "r-svc" -> ofRevokedService();
          case "r-inst" -> ofRevokedInstance();
          case "runtime" -> WIRE.client(service, authority().leaf(Certificates.RUNTIME_URI));
          default -> WIRE.stranger(service);
        };
    return () -> client;
  }

  private static WireClient ofRevokedService() {
    ServiceKey revoked = WIRE.service();
    WireClient client = WIRE.instance(revoked).client();
    WIRE.kernel().admin().revokeService(revoked.id());
    return client;
  }

  private WireClient ofRevokedInstance() {
    WireInstance instance = WIRE.instance(service);
    WIRE.kernel()
        .admin()
        .ok("RegistryService/RevokeInstance", new JsonObject().put("instanceId", instance.id()));
    return instance.client();
  }

  /** The authority of the runtime, stolen from its database. */
  private static Certificates.Authority authority() {
    return new Certificates.Authority(
        Certificates.parse(
            WIRE.kernel().sql().bytes("SELECT cert_der FROM runtime_ca WHERE id = 1")),
        Certificates.privateKey(
            WIRE.kernel().sql().bytes("SELECT key_der FROM runtime_ca WHERE id = 1")));
  }

  private static Metadata headers(String column) {
    Metadata headers = new Metadata();
    if (column.equals("key")) {
      headers.put(AUTHORIZATION, KEY);
    }
    return headers;
  }

  private static String answer(WireClient client, RpcMethod<?, ?> method, Metadata headers) {
    var call = client.raw(method.path(), WireMarshaller.type(method), new byte[0], headers);
    await().until(() -> call.isOver() || !call.messages().isEmpty());
    if (!call.messages().isEmpty()) {
      call.cancel();
      return "MESSAGES";
    }
    return switch (call.ended().code()) {
      case UNAUTHENTICATED -> "UNAUTH";
      case INVALID_ARGUMENT -> "INVALID";
      case UNIMPLEMENTED -> "UNIMPL";
      case PERMISSION_DENIED -> "DENIED";
      case UNAVAILABLE -> "LOST";
      default -> call.ended().code().name();
    };
  }
}
