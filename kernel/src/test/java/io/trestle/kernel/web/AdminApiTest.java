package io.trestle.kernel.web;

import static io.trestle.kernel.TestFutures.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.trestle.Acceptance;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.kernel.state.AdminToken;
import io.trestle.kernel.web.AdminFailure.Code;
import io.trestle.kernel.web.HttpProbe.Reply;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

@Isolated("listens to the log of the whole JVM")
class AdminApiTest {
  private static final String CHANGE = "/servicebridge.ui.v1.TestService/Change";

  private final AdminToken token = AdminToken.random();
  private final AtomicInteger changes = new AtomicInteger();
  private volatile String publicOrigin = "";
  private Vertx vertx;
  private WebServer server;
  private HttpProbe probe;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    server =
        new WebServer(
            vertx, new WebOptions(List.of("0.0.0.0"), 0, token, () -> publicOrigin, () -> true));
    server.procedure("TestService", "Change", Web.Kind.MUTATING, this::change);
    join(server.listen());
    probe = new HttpProbe(vertx, server.port());
  }

  @AfterEach
  void close() {
    join(vertx.close());
  }

  private Future<JsonObject> change(JsonObject request) {
    changes.incrementAndGet();
    String fail = request.getString("fail", "");
    switch (fail) {
      case "throw" -> throw new IllegalStateException("secret detail");
      case "admin" -> throw new AdminFailure(Code.ABORTED, "overtaken");
      case "future" -> {
        return Future.failedFuture("secret detail");
      }
      case "" -> {
        return Future.succeededFuture(new JsonObject().put("echo", request));
      }
      default -> {
        return Future.failedFuture(Refused.of(Reason.valueOf(fail), "because"));
      }
    }
  }

  private MultiMap headers() {
    return MultiMap.caseInsensitiveMultiMap()
        .set("authorization", "Bearer " + token.reveal())
        .set("content-type", "application/json");
  }

  private String ownHost() {
    return "localhost:" + server.port();
  }

  private Reply post(MultiMap headers, String body) {
    return probe.send("127.0.0.1", ownHost(), HttpMethod.POST, CHANGE, headers, body);
  }

  private Reply postTo(String host, MultiMap headers) {
    return probe.send("127.0.0.1", host, HttpMethod.POST, CHANGE, headers, "{}");
  }

  private void assertRefusedWithoutEffect(Reply reply, int status, String code) {
    assertThat(reply.status()).isEqualTo(status);
    assertThat(reply.code()).isEqualTo(code);
    assertThat(changes).hasValue(0);
  }

  @Test
  void call_withEverything_isAnswered() {
    Reply reply = post(headers(), "{\"a\": 1}");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json()).isEqualTo(new JsonObject("{\"echo\": {\"a\": 1}}"));
    assertThat(reply.headers().get("content-type")).isEqualTo("application/json");
    assertThat(reply.headers().get("cache-control")).isEqualTo("no-store");
    assertThat(reply.headers().names())
        .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("access-control"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost", "LOCALHOST", "[::1]"})
  void call_ownHosts_areAnswered(String host) {
    assertThat(postTo(host + ":" + server.port(), headers()).status()).isEqualTo(200);
  }

  @Test
  @Acceptance("FL-28")
  void call_withoutToken_isUnauthenticated() {
    Reply reply = post(headers().remove("authorization"), "{}");

    assertRefusedWithoutEffect(reply, 401, "unauthenticated");
    assertThat(reply.headers().get("www-authenticate")).isEqualTo("Bearer");
  }

  @Test
  @Acceptance("FL-28")
  void call_withAWrongToken_isUnauthenticated() {
    List<String> wrong =
        List.of(
            "Bearer",
            "Bearer ",
            "Bearer " + AdminToken.random().reveal(),
            "Bearer " + token.reveal() + "x",
            "Basic " + token.reveal(),
            token.reveal());
    for (String header : wrong) {
      assertRefusedWithoutEffect(
          post(headers().set("authorization", header), "{}"), 401, "unauthenticated");
    }
    assertRefusedWithoutEffect(
        post(headers().add("authorization", "Bearer " + token.reveal()), "{}"),
        401,
        "unauthenticated");
  }

  @Test
  @Acceptance("FL-28")
  void call_tokenInTheQuery_isUnauthenticated() {
    Reply reply =
        probe.send(
            "127.0.0.1",
            ownHost(),
            HttpMethod.POST,
            CHANGE + "?token=" + token.reveal(),
            headers().remove("authorization"),
            "{}");

    assertRefusedWithoutEffect(reply, 401, "unauthenticated");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"evil.example", "127.0.0.1.evil.example", "192.0.2.1", "localhost.evil.example"})
  @Acceptance("FL-28")
  void call_foreignHost_isDenied(String host) {
    assertRefusedWithoutEffect(
        postTo(host + ":" + server.port(), headers()), 403, "permission_denied");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://evil.example",
        "null",
        "http://localhost:1",
        "https://localhost",
        "localhost"
      })
  @Acceptance("FL-28")
  void call_foreignOrigin_isDenied(String origin) {
    assertRefusedWithoutEffect(
        post(headers().set("origin", origin), "{}"), 403, "permission_denied");
  }

  @Test
  void call_ownOrigin_isAnswered() {
    assertThat(post(headers().set("origin", "http://" + ownHost()), "{}").status()).isEqualTo(200);
  }

  @Test
  @Acceptance("FL-28")
  void call_crossSite_isDenied() {
    assertRefusedWithoutEffect(
        post(headers().set("sec-fetch-site", "cross-site"), "{}"), 403, "permission_denied");
    assertThat(post(headers().set("sec-fetch-site", "same-origin"), "{}").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/proto"
      })
  @Acceptance("FL-28")
  void call_formPost_isRefused(String type) {
    assertRefusedWithoutEffect(
        post(headers().set("content-type", type), "{}"), 415, "invalid_argument");
  }

  @Test
  @Acceptance("FL-28")
  void call_noContentType_isRefused() {
    assertRefusedWithoutEffect(
        post(headers().remove("content-type"), "{}"), 415, "invalid_argument");
  }

  @Test
  void call_contentTypeWithCharset_isAnswered() {
    assertThat(
            post(headers().set("content-type", "Application/JSON; charset=utf-8"), "{}").status())
        .isEqualTo(200);
  }

  @Test
  @Acceptance("FL-28")
  void call_fromAnotherAddressWithoutTls_isDenied() throws SocketException {
    Optional<String> outside = outsideAddress();
    assumeThat(outside).isPresent();

    Reply reply = probe.send(outside.get(), ownHost(), HttpMethod.POST, CHANGE, headers(), "{}");

    assertRefusedWithoutEffect(reply, 403, "permission_denied");
  }

  private static Optional<String> outsideAddress() throws SocketException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
        .map(address -> address.getHostAddress())
        .findFirst();
  }

  @Test
  void call_publicOrigin_isAnsweredWhenItIsSet() {
    MultiMap headers = headers().set("origin", "https://trestle.example");
    assertRefusedWithoutEffect(postTo("trestle.example:443", headers), 403, "permission_denied");

    publicOrigin = "https://trestle.example";

    assertThat(postTo("trestle.example:443", headers).status()).isEqualTo(200);
    assertThat(postTo("trestle.example:444", headers).status()).isEqualTo(403);
  }

  @Test
  void call_otherMethods_areRefused() {
    for (HttpMethod method : List.of(HttpMethod.GET, HttpMethod.PUT, HttpMethod.OPTIONS)) {
      Reply reply = probe.send("127.0.0.1", ownHost(), method, CHANGE, headers(), "");
      assertRefusedWithoutEffect(reply, 405, "unimplemented");
      assertThat(reply.headers().get("allow")).isEqualTo("POST");
    }
  }

  @Test
  @Acceptance("FL-28")
  void call_preflight_isRefusedWithoutCors() {
    MultiMap headers =
        MultiMap.caseInsensitiveMultiMap()
            .set("origin", "http://evil.example")
            .set("access-control-request-method", "POST");
    Reply reply = probe.send("127.0.0.1", ownHost(), HttpMethod.OPTIONS, CHANGE, headers, "");

    assertRefusedWithoutEffect(reply, 403, "permission_denied");
    assertThat(reply.headers().names())
        .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("access-control"));
  }

  @Test
  void call_unknownProcedure_isUnimplementedOnlyForOperators() {
    String path = "/servicebridge.ui.v1.TestService/Nothing";

    Reply known = probe.send("127.0.0.1", ownHost(), HttpMethod.POST, path, headers(), "{}");
    Reply stranger =
        probe.send(
            "127.0.0.1", ownHost(), HttpMethod.POST, path, headers().remove("authorization"), "{}");

    assertThat(known.status()).isEqualTo(404);
    assertThat(known.code()).isEqualTo("unimplemented");
    assertThat(stranger.status()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "null",
        "5",
        "{",
        "{} {}",
        "{\"a\":1,\"a\":2}",
        "{'a':1}",
        "{\"p4ss\":tru}"
      })
  void call_bodyThatIsNoJsonObject_isInvalidAndNotQuoted(String body) {
    Reply reply = post(headers(), body);

    assertRefusedWithoutEffect(reply, 400, "invalid_argument");
    assertThat(reply.text()).doesNotContain("p4ss");
  }

  @Test
  void call_bodyOverTheLimit_isRefusedAndTheConnectionLives() {
    String large = "{\"a\":\"" + "x".repeat(1 << 20) + "\"}";

    assertRefusedWithoutEffect(post(headers(), large), 413, "resource_exhausted");
    assertThat(post(headers(), "{}").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void call_refused_hasTheCodeOfTheReason(Reason reason) {
    Reply reply = post(headers(), "{\"fail\":\"%s\"}".formatted(reason));

    assertThat(reply.code()).isEqualTo(codeOf(reason.number()));
    assertThat(reply.json().getString("message")).isEqualTo("because");
    assertThat(reply.status()).isGreaterThanOrEqualTo(400);
  }

  private static String codeOf(int grpc) {
    return List.of(
            "ok",
            "canceled",
            "unknown",
            "invalid_argument",
            "deadline_exceeded",
            "not_found",
            "already_exists",
            "permission_denied",
            "resource_exhausted",
            "failed_precondition",
            "aborted",
            "out_of_range",
            "unimplemented",
            "internal",
            "unavailable",
            "data_loss",
            "unauthenticated")
        .get(grpc);
  }

  @ParameterizedTest
  @CsvSource({"throw,500,internal", "future,500,internal", "admin,409,aborted"})
  void call_failed_hidesWhatWasNotExpected(String how, int status, String code) {
    Reply reply = post(headers(), "{\"fail\":\"%s\"}".formatted(how));

    assertThat(reply.status()).isEqualTo(status);
    assertThat(reply.code()).isEqualTo(code);
    assertThat(reply.text()).doesNotContain("secret");
  }

  @Test
  void call_duringDrain_isUnavailable() {
    server.drain();

    assertRefusedWithoutEffect(post(headers(), "{}"), 503, "unavailable");
    assertThat(post(headers().remove("authorization"), "{}").status()).isEqualTo(401);
  }

  @Test
  void call_ofAnyKind_leavesNoSecretInTheLog() {
    Logger root = (Logger) LoggerFactory.getLogger("io");
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    root.setLevel(Level.TRACE);
    root.addAppender(log);
    log.start();
    try {
      for (String fail : List.of("", "throw", "future", "admin", "INVALID")) {
        post(headers(), "{\"fail\":\"%s\",\"password\":\"b0dy\"}".formatted(fail));
      }
      post(headers(), "{\"password\":\"b0dy\"");
    } finally {
      root.detachAppender(log);
      root.setLevel(null);
    }

    assertThat(log.list).isNotEmpty();
    for (ILoggingEvent event : log.list) {
      String text =
          event.getFormattedMessage() + ThrowableProxyUtil.asString(event.getThrowableProxy());
      assertThat(text).doesNotContain(token.reveal(), "b0dy", "secret detail");
    }
  }

  @Test
  void procedure_addedTwice_isAnError() {
    WebServer another =
        new WebServer(vertx, new WebOptions(List.of("127.0.0.1"), 0, token, () -> "", () -> true));
    another.procedure("S", "P", Web.Kind.READABLE, this::change);

    assertThatThrownBy(() -> another.procedure("S", "P", Web.Kind.READABLE, this::change))
        .isInstanceOf(IllegalStateException.class);
  }
}
