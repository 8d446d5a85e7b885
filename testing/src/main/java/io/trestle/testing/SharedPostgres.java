package io.trestle.testing;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.kernel.database.Database;
import io.trestle.kernel.database.DatabaseOptions;
import io.trestle.kernel.database.EmbeddedDatabase;
import io.trestle.kernel.database.EmbeddedOptions;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One embedded PostgreSQL for the JVM, started at first use, with a database for each test class.
 */
final class SharedPostgres {
  private static final AtomicInteger NEXT = new AtomicInteger();
  private static @Nullable SharedPostgres shared;

  private final Vertx vertx = Vertx.vertx();
  private final Path directory;
  private final Database database;

  private SharedPostgres() throws IOException {
    directory = Files.createTempDirectory("trestle-testing-");
    var provider = new EmbeddedDatabase(vertx, EmbeddedOptions.in(directory));
    database =
        await(
            Database.open(vertx, new SimpleMeterRegistry(), provider, DatabaseOptions.standard())
                .toCompletionStage()
                .toCompletableFuture());
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
  }

  static synchronized SharedPostgres get() {
    if (shared == null) {
      try {
        shared = new SharedPostgres();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return shared;
  }

  /**
   * Makes a database and says how to reach it, with at most this many connections for its kernel.
   */
  String newDatabase(int maxConnections) {
    return make("", maxConnections);
  }

  /** The same with what is in another database, to which nobody is connected. */
  String copyOf(String url, int maxConnections) {
    return make(" TEMPLATE " + name(url), maxConnections);
  }

  private String make(String template, int maxConnections) {
    String name = "test_" + NEXT.incrementAndGet();
    execute("CREATE DATABASE " + name + template);
    var server = database.connectOptions();
    return "postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable&pool_max_conns=%d"
        .formatted(server.getUser(), server.getPassword(), server.getPort(), name, maxConnections);
  }

  void dropDatabase(String url) {
    execute("DROP DATABASE IF EXISTS " + name(url) + " WITH (FORCE)");
  }

  private static String name(String url) {
    String path = url.substring(0, url.indexOf('?'));
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private void execute(String sql) {
    await(database.pool().query(sql).execute().toCompletionStage().toCompletableFuture());
  }

  private void stop() {
    await(database.close().toCompletionStage().toCompletableFuture());
    await(vertx.close().toCompletionStage().toCompletableFuture());
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(90, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw cause instanceof RuntimeException known ? known : new IllegalStateException(cause);
    } catch (TimeoutException e) {
      throw new IllegalStateException("not done within 90 s", e);
    }
  }
}
