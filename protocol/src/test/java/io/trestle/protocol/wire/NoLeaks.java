package io.trestle.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.time.Duration;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Watches every buffer while a class runs. In the end one is lost on purpose: once that is found,
 * whatever else was lost has been found too.
 */
final class NoLeaks implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {
  private static final String MARK = "lost on purpose ";

  private final Queue<String> found = new ConcurrentLinkedQueue<>();
  private ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();

  @Override
  public void beforeAll(ExtensionContext context) {
    before = ResourceLeakDetector.getLevel();
    ByteBufUtil.setLeakListener((type, records) -> found.add(records));
  }

  // Here, because Vert.x switches the detector off when its classes load.
  @Override
  public void beforeEach(ExtensionContext context) {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
  }

  // Twice: lost buffers that one collection finds are told in any order.
  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    loseAndFind();
    loseAndFind();
    ByteBufUtil.setLeakListener(null);
    ResourceLeakDetector.setLevel(before);
    assertThat(found).noneMatch(records -> !records.contains(MARK));
  }

  // On a thread that ends, whose stack therefore holds on to nothing.
  private void loseAndFind() throws InterruptedException {
    String mark = MARK + UUID.randomUUID();
    Thread loser = new Thread(() -> lose(mark));
    loser.start();
    loser.join();
    Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> looked(mark));
  }

  private static void lose(String mark) {
    var unused = UnpooledByteBufAllocator.DEFAULT.directBuffer(64).touch(mark);
  }

  private boolean looked(String mark) {
    System.gc();
    UnpooledByteBufAllocator.DEFAULT.directBuffer(64).release(); // who gets one looks for lost ones
    return found.stream().anyMatch(records -> records.contains(mark));
  }
}
