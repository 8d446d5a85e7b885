package io.trestle.sdk.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.ServiceMap;
import io.trestle.sdk.http.ServiceDirectory.Address;
import io.trestle.sdk.http.ServiceDirectory.Source;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServiceDirectoryTest {
  private static final URI CODE = URI.create("http://code:1");
  private static final URI DEFAULT = URI.create("http://agent-service:8001");

  private final Map<String, String> environment = new HashMap<>();
  private final Map<String, URI> defaults = new HashMap<>();
  private ServiceMap registry = ServiceMap.EMPTY;

  private ServiceDirectory.Builder builder() {
    return ServiceDirectory.builder()
        .environment(environment)
        .registry(() -> registry)
        .defaults(() -> defaults);
  }

  private static ServiceMap seen(String... httpEndpoints) {
    List<ServiceMap.Instance> instances =
        List.of(httpEndpoints).stream()
            .map(at -> new ServiceMap.Instance("i", "s", "", at, "online", Optional.empty()))
            .toList();
    ServiceMap.Service service = new ServiceMap.Service(List.of(), instances, List.of(), List.of());
    return new ServiceMap(Map.of("agent-service", service));
  }

  @Test
  void sources_winInTheirOrder() {
    defaults.put("agent-service", DEFAULT);
    registry = seen("", "10.0.0.1:80");
    environment.put("AGENT_SERVICE_URL", "http://env:2");

    assertThat(builder().override("agent-service", CODE).build().address("agent-service"))
        .contains(new Address(CODE, Source.OVERRIDE));
    assertThat(builder().build().address("agent-service"))
        .contains(new Address(URI.create("http://env:2"), Source.ENVIRONMENT));
    environment.put("AGENT_SERVICE_URL", "");
    ServiceDirectory directory = builder().build();
    assertThat(directory.address("agent-service"))
        .contains(new Address(URI.create("http://10.0.0.1:80"), Source.REGISTRY));
    registry = seen("");
    assertThat(directory.address("agent-service")).contains(new Address(DEFAULT, Source.DEFAULT));
    defaults.clear();
    assertThat(directory.url("agent-service")).isEmpty();
  }

  @Test
  void environment_isReadOnce() {
    environment.put("A_URL", "http://first");
    ServiceDirectory directory = builder().build();
    environment.put("A_URL", "http://second");
    assertThat(directory.url("a")).contains(URI.create("http://first"));
  }

  @Test
  void unknownService_hasNoClient() {
    assertThatThrownBy(() -> builder().build().client("billing-service"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage("No URL configured for service: billing-service");
  }

  @Test
  void variableThatIsNoUrl_isNamed() {
    environment.put("A_URL", "http://a b");
    assertThatThrownBy(() -> builder().build().url("a"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("A_URL");
  }

  @Test
  void client_isShared_andFollowsTheRegistry() throws Exception {
    try (TestServer one = new TestServer();
        TestServer other = new TestServer()) {
      registry = seen(one.endpoint());
      ServiceDirectory directory = builder().build();
      ServiceClient client = directory.client("agent-service");
      client.get("/first");
      registry = seen(other.endpoint());
      client.get("/second");

      assertThat(directory.client("agent-service")).isSameAs(client);
      assertThat(one.heard).containsExactly("GET /first");
      assertThat(other.heard).containsExactly("GET /second");
      registry = ServiceMap.EMPTY;
      assertThatThrownBy(() -> client.get("/third")).isInstanceOf(ConfigurationException.class);
    }
  }
}
