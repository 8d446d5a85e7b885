package io.trestle.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.sdk.ServiceBridge;
import io.trestle.testing.TestKernel;
import org.junit.jupiter.api.Test;

/** Two kernels in one JVM, each on a database of its own. */
class TwoKernelsTest {
  @Test
  @Acceptance("FL-4")
  void stoppingOne_leavesTheOtherAndTheJvm() {
    TestKernel first = TestKernel.start();
    try (TestKernel second = TestKernel.start()) {
      assertThat(first.grpc()).isNotEqualTo(second.grpc());
      assertServes(first, "one");
      assertServes(second, "two");

      first.close();

      assertServes(second, "three");
    }
  }

  private static void assertServes(TestKernel kernel, String service) {
    try (ServiceBridge client = kernel.client(kernel.service(service)).build()) {
      client.start();
      assertThat(client.identity().orElseThrow().serviceName()).isEqualTo(service);
    }
  }
}
