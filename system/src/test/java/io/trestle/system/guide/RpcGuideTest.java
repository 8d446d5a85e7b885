package io.trestle.system.guide;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.sdk.ServiceBridge;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What docs/guide/rpc.md tells people to copy works, and is what is tested here. */
class RpcGuideTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  @Test
  void programs_ofTheGuide_talkToEachOther() throws InterruptedException {
    TestKernel.ServiceKey shop = TRESTLE.kernel().service("shop");
    TestKernel.ServiceKey buyer = TRESTLE.kernel().service("buyer");
    String runtime = TRESTLE.kernel().grpc();

    try (ServiceBridge serving = Shop.start(runtime, shop.apiKey(), GuidePage.SCHEMAS)) {
      assertThat(Buyer.buy(runtime, buyer.apiKey(), GuidePage.SCHEMAS))
          .containsExactly(
              "Receipt[id=receipt, totalCents=3000]",
              "Receipt[id=receipt, totalCents=1000]",
              "Receipt[id=receipt, totalCents=3000]",
              "NOTHING_ORDERED",
              "Progress[picked=1, of=1000000]",
              "Progress[picked=2, of=1000000]",
              "{id=for you, totalCents=1000}",
              "{cents=1000, discounts=[{name=spring, percent=12.5}]}");
      assertThat(serving.identity()).isPresent();
      assertThat(Shop.PICKED.await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void page_showsTheProgramsThatRun() throws IOException {
    GuidePage.assertShowsPrograms("rpc.md", 5);
  }

  @Test
  void readme_showsTheExamplesOwnCode() throws IOException {
    GuidePage.assertShowsPrograms(Path.of("..", "README.md"), 3);
  }
}
