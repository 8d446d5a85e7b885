package io.trestle.sdk.http;

import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.ServiceMap;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * Where HTTP services are (tasks.md 18.4), and their clients. Make one for each process: clients,
 * with their connections and circuits, are shared by all who ask it. Any thread.
 *
 * <p>A name is looked up, in this order, in what the code says, in the environment as {@code
 * <NAME>_URL} (upper case, {@code -} as {@code _}; empty counts as missing), among the live
 * instances of the registry that have an HTTP endpoint, and in the defaults. The environment is
 * read once, the others at each look-up.
 *
 * <pre>{@code
 * ServiceDirectory directory =
 *     ServiceDirectory.builder().registry(bridge::serviceMap).build();
 * ServiceResponse invoice = directory.client("billing-service").get("/invoices/7");
 * }</pre>
 */
public final class ServiceDirectory {
  private final Map<String, URI> overrides;
  private final Map<String, String> environment;
  private final Supplier<ServiceMap> registry;
  private final Supplier<Map<String, URI>> defaults;
  private final Map<String, ClientProfile> profiles;
  private final Clock clock;
  private final HttpClient http;
  private final Map<String, ServiceClient> clients = new ConcurrentHashMap<>();

  /** Where an address comes from. */
  public enum Source {
    /** The code. */
    OVERRIDE,
    /** A variable. */
    ENVIRONMENT,
    /** A live instance. */
    REGISTRY,
    /** The defaults. */
    DEFAULT
  }

  /** An address and where it comes from. */
  public record Address(URI url, Source source) {}

  private ServiceDirectory(Builder builder) {
    overrides = Map.copyOf(builder.overrides);
    environment = Map.copyOf(builder.environment);
    registry = builder.registry;
    defaults = builder.defaults;
    profiles = Map.copyOf(builder.profiles);
    clock = builder.clock;
    http = HttpClient.newHttpClient();
  }

  /** A builder. */
  public static Builder builder() {
    return new Builder();
  }

  /** The address of a service; empty if nobody knows one. */
  public Optional<URI> url(String name) {
    return address(name).map(Address::url);
  }

  /** The same, and who knew it. */
  public Optional<Address> address(String name) {
    return Optional.ofNullable(overrides.get(name))
        .map(url -> new Address(url, Source.OVERRIDE))
        .or(() -> variable(name).map(url -> new Address(url, Source.ENVIRONMENT)))
        .or(() -> instance(name).map(url -> new Address(url, Source.REGISTRY)))
        .or(
            () ->
                Optional.ofNullable(defaults.get().get(name))
                    .map(url -> new Address(url, Source.DEFAULT)));
  }

  /**
   * The client of a service, the same for all who ask.
   *
   * @throws ConfigurationException if nobody knows an address of it
   */
  public ServiceClient client(String name) {
    require(name);
    return clients.computeIfAbsent(
        name,
        n ->
            new ServiceClient(
                n, () -> require(n), profiles.getOrDefault(n, ClientProfile.DEFAULT), http, clock));
  }

  private URI require(String name) {
    return url(name)
        .orElseThrow(() -> new ConfigurationException("No URL configured for service: " + name));
  }

  private Optional<URI> variable(String name) {
    String variable = name.toUpperCase(Locale.ROOT).replace('-', '_') + "_URL";
    String value = environment.getOrDefault(variable, "");
    return value.isEmpty() ? Optional.empty() : Optional.of(uri(variable, value));
  }

  private static URI uri(String variable, String value) {
    try {
      return URI.create(value);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(variable + ": " + value + " (expected: a URL)", e);
    }
  }

  /** Any of the live ones: each request asks anew, so they share the load. */
  private Optional<URI> instance(String name) {
    List<String> endpoints =
        registry.get().service(name).stream()
            .flatMap(service -> service.instances().stream())
            .map(ServiceMap.Instance::httpEndpoint)
            .filter(endpoint -> !endpoint.isEmpty())
            .toList();
    if (endpoints.isEmpty()) {
      return Optional.empty();
    }
    int any = ThreadLocalRandom.current().nextInt(endpoints.size());
    return Optional.of(URI.create("http://" + endpoints.get(any)));
  }

  /** What a directory knows. Not for several threads. */
  public static final class Builder {
    private final Map<String, URI> overrides = new HashMap<>();
    private final Map<String, ClientProfile> profiles = new HashMap<>();
    private Map<String, String> environment = System.getenv();
    private Supplier<ServiceMap> registry = () -> ServiceMap.EMPTY;
    private Supplier<Map<String, URI>> defaults = Map::of;
    private Clock clock = new MonotonicClock();

    private Builder() {}

    /** An address that wins over all others. */
    public Builder override(String name, URI url) {
      overrides.put(name, url);
      return this;
    }

    /** Variables; default: those of the process. */
    public Builder environment(Map<String, String> variables) {
      environment = variables;
      return this;
    }

    /** What is seen of the fleet, such as {@code bridge::serviceMap}; default: nothing. */
    public Builder registry(Supplier<ServiceMap> map) {
      registry = map;
      return this;
    }

    /** Addresses for want of others; default: none. */
    public Builder defaults(Supplier<Map<String, URI>> addresses) {
      defaults = addresses;
      return this;
    }

    /** How the client of a service behaves; default: {@link ClientProfile#DEFAULT}. */
    public Builder profile(String name, ClientProfile profile) {
      profiles.put(name, profile);
      return this;
    }

    /** The clock of the circuits. */
    Builder clock(Clock other) {
      clock = other;
      return this;
    }

    /** The directory. */
    public ServiceDirectory build() {
      return new ServiceDirectory(this);
    }
  }
}
