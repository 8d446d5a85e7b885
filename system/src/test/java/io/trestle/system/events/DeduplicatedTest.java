package io.trestle.system.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.sdk.Deduplicated;
import io.trestle.sdk.EventContext;
import io.trestle.sdk.EventHandler;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeduplicatedTest {
  private static Sql sql;
  private final List<String> seen = new ArrayList<>();

  @BeforeAll
  static void table() {
    sql = Sql.on(TestKernel.newDatabase());
    sql.update(Deduplicated.TABLE);
    sql.update("CREATE TABLE stock (sku TEXT NOT NULL)");
  }

  @Test
  void inMemory_runsOncePerEventAndPattern_butAgainAfterAFailure() throws Exception {
    AtomicInteger failures = new AtomicInteger(1);
    EventHandler<String> handler =
        Deduplicated.inMemory(
            10,
            (event, context) -> {
              if (failures.getAndDecrement() > 0) {
                throw new IllegalStateException("not yet");
              }
              seen.add(event);
            });
    assertThatThrownBy(() -> handler.handle("a", context("e1", "p"))).hasMessage("not yet");
    handler.handle("a", context("e1", "p"));
    handler.handle("a", context("e1", "p"));
    handler.handle("b", context("e1", "q"));
    handler.handle("c", context("e2", "p"));
    assertThat(seen).containsExactly("a", "b", "c");
  }

  @Test
  void inMemory_forgetsTheOldest() throws Exception {
    EventHandler<String> handler = Deduplicated.inMemory(1, (event, context) -> seen.add(event));
    handler.handle("a", context("e1", "p"));
    handler.handle("b", context("e2", "p"));
    handler.handle("a", context("e1", "p"));
    assertThat(seen).containsExactly("a", "b", "a");
  }

  @Test
  void inMemory_repeatWhileItRuns_fails() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    EventHandler<String> handler =
        Deduplicated.inMemory(
            10,
            (event, context) -> {
              begun.countDown();
              go.await();
            });
    CompletableFuture<Void> first = CompletableFuture.runAsync(() -> unchecked(handler, "e1"));
    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(() -> handler.handle("a", context("e1", "p")))
        .hasMessage("event e1 is still being handled");
    go.countDown();
    first.get(30, TimeUnit.SECONDS);
  }

  @Test
  void jdbc_commitsTogether_andRollsBackTogether() throws Exception {
    AtomicInteger failures = new AtomicInteger(1);
    EventHandler<String> handler =
        Deduplicated.jdbc(
            source(),
            (event, context, transaction) -> {
              try (var insert =
                  transaction.prepareStatement("INSERT INTO stock (sku) VALUES (?)")) {
                insert.setString(1, event);
                insert.executeUpdate();
              }
              if (failures.getAndDecrement() > 0) {
                throw new IllegalStateException("not yet");
              }
            });
    assertThatThrownBy(() -> handler.handle("tea", context("e1", "p"))).hasMessage("not yet");
    assertThat(sql.count("SELECT count(*) FROM stock")).isZero();
    assertThat(sql.count("SELECT count(*) FROM trestle_handled_events")).isZero();
    handler.handle("tea", context("e1", "p"));
    handler.handle("tea", context("e1", "p"));
    assertThat(sql.count("SELECT count(*) FROM stock")).isEqualTo(1);
    handler.handle("tea", context("e1", "q"));
    assertThat(sql.count("SELECT count(*) FROM stock")).isEqualTo(2);
  }

  private static void unchecked(EventHandler<String> handler, String id) {
    try {
      handler.handle("a", context(id, "p"));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static DataSource source() {
    return proxy(DataSource.class, (self, method, args) -> sql.connect());
  }

  private static EventContext context(String eventId, String pattern) {
    Map<String, String> answers = Map.of("eventId", eventId, "matchedPattern", pattern);
    return proxy(EventContext.class, (self, method, args) -> answers.get(method.getName()));
  }

  private static <T> T proxy(Class<T> type, InvocationHandler answers) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, answers));
  }
}
