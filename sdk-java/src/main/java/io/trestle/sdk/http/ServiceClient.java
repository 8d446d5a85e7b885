package io.trestle.sdk.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.ServiceBridgeException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A client of one HTTP service (tasks.md 18.1), made by {@link ServiceDirectory#client}. Any
 * thread.
 *
 * <p>After a number of failures in a row its circuit opens: calls fail at once, without I/O. When
 * the open time since the last failure is over, one call may try the service; its success closes
 * the circuit, its failure opens it again. Failures are: no connection, a connection that breaks, a
 * timeout, and the statuses that {@link ClientProfile#countClientErrors} tells. A call that is
 * cancelled counts as nothing and gives its place back. Answers come back whatever their status.
 *
 * <p>The rule "failures in a row" is a window of that many calls all of which must have failed,
 * kept by Resilience4j. Its clock is one that nobody sets.
 */
public final class ServiceClient {
  private static final Logger LOG = System.getLogger("io.trestle.sdk.http");

  private final String name;
  private final Supplier<URI> base;
  private final ClientProfile profile;
  private final HttpClient http;
  private final CircuitBreaker breaker;
  private final Turnstile turnstile;
  private final AtomicInteger failuresInRow = new AtomicInteger();

  ServiceClient(
      String name, Supplier<URI> base, ClientProfile profile, HttpClient http, Clock clock) {
    this.name = name;
    this.base = base;
    this.profile = profile;
    this.http = http;
    this.breaker = CircuitBreaker.of(name, configuration(profile, clock));
    this.turnstile = new Turnstile(profile.connections());
    breaker
        .getEventPublisher()
        .onStateTransition(
            event ->
                log(
                    event.getStateTransition().getFromState(),
                    event.getStateTransition().getToState()));
  }

  private static CircuitBreakerConfig configuration(ClientProfile profile, Clock clock) {
    return CircuitBreakerConfig.custom()
        .slidingWindowType(SlidingWindowType.COUNT_BASED)
        .slidingWindowSize(profile.failures())
        .minimumNumberOfCalls(profile.failures())
        .failureRateThreshold(100)
        .waitDurationInOpenState(profile.openTime())
        .permittedNumberOfCallsInHalfOpenState(1)
        .slowCallDurationThreshold(Duration.ofDays(365)) // slow answers are answers
        .clock(clock)
        .build();
  }

  /** Name of the service. */
  public String name() {
    return name;
  }

  /** The circuit: {@code closed}, {@code open} or {@code half_open}. */
  public String state() {
    return text(breaker.getState());
  }

  /** Calls that were refused since the circuit is open. */
  public long refused() {
    return breaker.getMetrics().getNumberOfNotPermittedCalls();
  }

  /** Closes the circuit by hand and forgets all failures. */
  public void reset() {
    failuresInRow.set(0);
    breaker.reset();
  }

  /**
   * GET.
   *
   * @param path begins with {@code /}
   * @throws ServiceBridgeException as {@link #request} says
   */
  public ServiceResponse get(String path) {
    return await(request("GET", path, Map.of(), BodyPublishers.noBody()));
  }

  /**
   * POST of a JSON text.
   *
   * @throws ServiceBridgeException as {@link #request} says
   */
  public ServiceResponse post(String path, String json) {
    Map<String, String> headers = Map.of("content-type", "application/json");
    return await(request("POST", path, headers, BodyPublishers.ofString(json, UTF_8)));
  }

  /**
   * Any request. The future fails with {@link CircuitOpenException} if nothing was sent because the
   * service failed too often, {@link ConnectionException} if nothing was sent because there is no
   * connection, {@link CallTimeoutException} if the time is over, {@link ConfigurationException} if
   * the service has no address, and code {@code INTERNAL} if the connection broke; whether the
   * service acted is unknown then. Cancelling it cancels the request.
   *
   * @param path begins with {@code /}; may have a query
   */
  public CompletableFuture<ServiceResponse> request(
      String method, String path, Map<String, String> headers, BodyPublisher body) {
    HttpRequest.Builder request = HttpRequest.newBuilder().method(method, body);
    headers.forEach(request::header);
    try {
      request.uri(uri(path));
    } catch (ServiceBridgeException e) {
      return CompletableFuture.failedFuture(e);
    }
    if (!breaker.tryAcquirePermission()) {
      return CompletableFuture.failedFuture(new CircuitOpenException(name, failuresInRow.get()));
    }
    ServiceExchange exchange = new ServiceExchange(name, this::settle);
    exchange.result().orTimeout(profile.requestTimeout().toNanos(), TimeUnit.NANOSECONDS);
    exchange.begin(http, turnstile, request.build());
    return exchange.answer();
  }

  private URI uri(String path) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("path: " + path + " (expected: begins with /)");
    }
    String root = base.get().toString();
    return URI.create((root.endsWith("/") ? root.substring(0, root.length() - 1) : root) + path);
  }

  private void settle(ServiceExchange.End end) {
    if (end instanceof ServiceExchange.Abandoned) {
      breaker.releasePermission();
    } else if (end instanceof ServiceExchange.Broken broken) {
      failed(broken.error());
    } else if (end instanceof ServiceExchange.Answered answered) {
      int status = answered.response().status();
      if (profile.fails(status)) {
        failed(new ServiceBridgeException(ErrorCode.INTERNAL, "" + status, null));
      } else {
        failuresInRow.set(0);
        breaker.onSuccess(0, TimeUnit.NANOSECONDS);
      }
    }
  }

  private void failed(Throwable error) {
    failuresInRow.incrementAndGet();
    boolean late = breaker.getState() == CircuitBreaker.State.OPEN; // it began before that
    breaker.onError(0, TimeUnit.NANOSECONDS, error);
    if (late) {
      breaker.transitionToOpenStateFor(profile.openTime());
    }
  }

  private void log(CircuitBreaker.State from, CircuitBreaker.State to) {
    if (from == to) {
      return;
    }
    LOG.log(
        Level.INFO,
        "circuit_changed service={0} from={1} to={2} failures={3}",
        name,
        text(from),
        text(to),
        failuresInRow.get());
  }

  private static String text(CircuitBreaker.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private static ServiceResponse await(CompletableFuture<ServiceResponse> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof ServiceBridgeException known
          ? known
          : new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new ServiceBridgeException(ErrorCode.CANCELLED, "interrupted while waiting", e);
    }
  }
}
