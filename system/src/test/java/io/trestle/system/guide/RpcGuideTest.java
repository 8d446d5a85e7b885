package io.trestle.system.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.system.guide.GuideProject.Program;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Who copies docs/guide/rpc.md gets what it says. */
class RpcGuideTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private static final String PAGE = "rpc.md";
  private static final Pattern SERVICES = Pattern.compile("for service in ([\\w ]+); do");
  private static final Pattern VERSION = Pattern.compile("<(?:version|protocVersion)>([\\w.-]+)</");

  private final Map<String, String> keys = new HashMap<>();

  /** Starts a program as the line of the page does that runs it. */
  private Program run(GuideProject project, String program) throws IOException {
    String service = GuidePage.read(PAGE).runs().get(program);
    assertThat(service).as("a line that runs " + program).isNotNull();
    return service.isEmpty()
        ? project.run(program)
        : project.run(program, TRESTLE.kernel().grpc(), keys.getOrDefault(service, ""));
  }

  private void createServices() throws IOException {
    Matcher services = SERVICES.matcher(Files.readString(Path.of("..", "docs", "guide", PAGE)));
    assertThat(services.find()).isTrue();
    for (String service : services.group(1).split(" ", -1)) {
      TestKernel.ServiceKey key = TRESTLE.kernel().service(service);
      keys.put(service, key.apiKey());
    }
  }

  @Test
  void programs_sayWhatThePageSays(@TempDir Path directory) throws Exception {
    GuidePage page = GuidePage.read(PAGE);
    GuideProject project = GuideProject.copy(page, directory);
    createServices();
    List<String> outputs = page.outputs();
    assertThat(outputs).hasSize(4);

    try (Program shop = run(project, "guide.Shop");
        Program warehouse = run(project, "guide.Warehouse");
        Program invoices = run(project, "guide.Invoices");
        Program test = project.run(TestMethods.class.getName(), "guide.ShopTest")) {
      await().until(() -> shop.said().startsWith("the shop is open"));
      await().until(() -> warehouse.said().startsWith("the warehouse is open"));
      try (Program buyer = run(project, "guide.Buyer");
          Program clerk = run(project, "guide.Clerk")) {
        assertThat(buyer.saidAtItsEnd()).isEqualTo(outputs.get(0));
        await().untilAsserted(() -> assertThat(shop.said()).isEqualTo(outputs.get(1)));
        assertThat(clerk.saidAtItsEnd()).isEqualTo(outputs.get(2));
      }
      assertThat(invoices.saidAtItsEnd()).isEqualTo(outputs.get(3));
      assertThat(test.saidAtItsEnd().lines())
          .containsExactlyInAnyOrder("orderOfNothing_isRefused", "buyer_placesItsOrder");
    }
  }

  @Test
  void page_showsTheProgramsThatRun() throws IOException {
    GuidePage.assertShowsPrograms(PAGE, 20);
  }

  /** The classes of stock.proto are on the class path of this test; they are of the page's file. */
  @Test
  void stock_isWhatProtocSaw() throws IOException {
    assertThat(Path.of("src", "test", "proto", "stock.proto"))
        .content()
        .isEqualTo(GuidePage.read(PAGE).files().get("src/main/proto/stock.proto"));
  }

  @Test
  void pom_hasTheVersionsOfTheBuild() throws IOException {
    String build = Files.readString(Path.of("..", "pom.xml"));
    String pom = GuidePage.read(PAGE).files().get("pom.xml");
    assertThat(pom).isNotNull();

    List<String> versions =
        VERSION.matcher(pom).results().map(m -> m.group(1)).filter(v -> !v.equals("1")).toList();

    assertThat(versions)
        .hasSizeGreaterThan(8)
        .allSatisfy(v -> assertThat(build).contains(">" + v + "<"));
  }

  @Test
  void readme_showsTheExamplesOwnCode() throws IOException {
    GuidePage.assertShowsPrograms(Path.of("..", "README.md"), 3);
  }
}
