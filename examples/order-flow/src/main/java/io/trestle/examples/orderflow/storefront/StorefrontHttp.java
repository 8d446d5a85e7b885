package io.trestle.examples.orderflow.storefront;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.trestle.examples.orderflow.orders.OrderException;
import io.trestle.examples.orderflow.orders.OrderJson;
import io.trestle.examples.orderflow.v1.RefundReply;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridgeException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * The HTTP side: {@code POST /orders} places an order and answers when it has ended, {@code POST
 * /refunds} gives back what it was charged, {@code GET /stats} tells what happened so far. On
 * loopback, for the demo and for {@code curl}.
 */
final class StorefrontHttp implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int MAX_BODY = 64 << 10;
  private static final int THREADS = 32;

  private final Checkout orders;
  private final RefundDesk refunds;
  private final Supplier<ObjectNode> stats;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

  StorefrontHttp(Checkout orders, RefundDesk refunds, Supplier<ObjectNode> stats, int port)
      throws IOException {
    this.orders = orders;
    this.refunds = refunds;
    this.stats = stats;
    this.server = HttpServer.create(new InetSocketAddress(loopback(), port), 128);
    server.setExecutor(threads);
    server.createContext("/orders", only("POST", "/orders", this::placeOrder));
    server.createContext("/refunds", only("POST", "/refunds", this::refund));
    server.createContext("/stats", only("GET", "/stats", this::tellStats));
    server.createContext(
        "/", exchange -> error(exchange, 404, "try POST /orders, POST /refunds or GET /stats"));
  }

  void start() {
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  /** Always IPv4, as {@link #url} says; the JDK's own may be {@code ::1}. */
  private static InetAddress loopback() throws IOException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
  }

  private void placeOrder(HttpExchange exchange) throws IOException {
    Optional<String> body = body(exchange);
    if (body.isEmpty()) {
      return;
    }
    try {
      Checkout.Receipt receipt = orders.place(OrderJson.read(body.get()));
      reply(exchange, status(receipt.placed()), json(receipt));
    } catch (OrderException e) {
      error(exchange, 400, String.valueOf(e.getMessage()));
    }
  }

  private void refund(HttpExchange exchange) throws IOException {
    Optional<String> body = body(exchange);
    if (body.isEmpty()) {
      return;
    }
    String orderId = orderId(body.get());
    if (orderId.isEmpty()) {
      error(exchange, 400, "order: missing (expected: {\"order\": \"the id of an order\"})");
      return;
    }
    try {
      reply(exchange, 200, json(orderId, refunds.refund(orderId)));
    } catch (ServiceBridgeException e) {
      error(exchange, status(e), String.valueOf(e.getMessage()));
    }
  }

  /** Empty, and answered, when it is too large. */
  private static Optional<String> body(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
    if (body.length > MAX_BODY) {
      error(exchange, 413, "body: too large (expected: at most " + MAX_BODY + " bytes)");
      return Optional.empty();
    }
    return Optional.of(new String(body, StandardCharsets.UTF_8));
  }

  /** Empty when there is none. */
  private static String orderId(String body) {
    try {
      return MAPPER.readTree(body).path("order").asText();
    } catch (JsonProcessingException e) {
      return "";
    }
  }

  private void tellStats(HttpExchange exchange) throws IOException {
    reply(exchange, 200, stats.get());
  }

  private static int status(Placed placed) {
    return switch (placed.end()) {
      case COMPLETED -> placed.chargedBefore() && placed.repeats() == 0 ? 200 : 201;
      case DECLINED -> 402;
      case OUT_OF_STOCK -> 409;
      case FAILED -> 503;
    };
  }

  private static int status(ServiceBridgeException e) {
    if (e instanceof AccessDeniedException) {
      return 403;
    }
    return e instanceof HandlerException answer && answer.handlerCode().equals("NOT_CHARGED")
        ? 404
        : 503;
  }

  private static ObjectNode json(String orderId, RefundReply reply) {
    return MAPPER
        .createObjectNode()
        .put("order", orderId)
        .put("charge", reply.getChargeId())
        .put("refunded_cents", reply.getAmountCents());
  }

  private static ObjectNode json(Checkout.Receipt receipt) {
    Placed placed = receipt.placed();
    return MAPPER
        .createObjectNode()
        .put("order", placed.orderId())
        .put("end", placed.end().text())
        .put("total_cents", placed.totalCents())
        .put("charge", placed.charge())
        .put("repeats", placed.repeats())
        .put("charged_before", placed.chargedBefore())
        .put("picking", placed.picking().text())
        .put("recorded_at", receipt.recorded().map(Instant::toString).orElse(""))
        .put("reason", placed.reason());
  }

  private static HttpHandler only(String method, String path, HttpHandler handler) {
    return exchange -> {
      try (exchange) {
        if (!exchange.getRequestURI().getPath().equals(path)) {
          error(exchange, 404, "try " + path);
        } else if (!exchange.getRequestMethod().equals(method)) {
          error(exchange, 405, exchange.getRequestMethod() + " (expected: " + method + ")");
        } else {
          handler.handle(exchange);
        }
      }
    };
  }

  private static void error(HttpExchange exchange, int status, String message) throws IOException {
    reply(exchange, status, MAPPER.createObjectNode().put("message", message));
  }

  private static void reply(HttpExchange exchange, int status, ObjectNode json) throws IOException {
    byte[] bytes = (json + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
