package io.trestle.system.guide;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.TraceItem;
import io.trestle.testing.Invocation;
import io.trestle.testing.TestBridge;
import io.trestle.testing.TrestleExtension;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What docs/guide/trace-streams.md tells people to copy works, and is what is tested here. */
class TraceStreamsGuideTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  @Test
  void programs_ofTheGuide_showWhatTheHandlerWrites() {
    TRESTLE.connect(TRESTLE.kernel().service("reports"), Report::declare);
    ServiceBridge asker = TRESTLE.connect(TRESTLE.kernel().service("asker"), Report::uses);
    List<String> shown = new ArrayList<>();

    Report.ask(asker, shown);

    assertThat(shown)
        .containsExactly(
            "1 {\"page\":1,\"of\":3}",
            "3 {\"page\":2,\"of\":3}",
            "5 {\"page\":3,\"of\":3}",
            "success",
            "three pages");
  }

  @Test
  void handler_isTestedWithoutNetwork() {
    try (TestBridge reports = TestBridge.create()) {
      Report.declare(reports.bridge());
      reports.start();

      byte[] unused = reports.invoke("report", new byte[0], Invocation.DEFAULT);

      assertThat(reports.traceItems())
          .hasSize(7)
          .startsWith(new TraceItem.Chunk(1, "progress", "{\"page\":1,\"of\":3}"))
          .endsWith(new TraceItem.Complete("success"));
    }
  }

  @Test
  void page_showsTheProgramsThatRun() throws IOException {
    GuidePage.assertShowsPrograms("trace-streams.md", 3);
  }
}
