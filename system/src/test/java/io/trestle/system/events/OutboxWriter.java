package io.trestle.system.events;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.outbox.jdbc.JdbcOutbox;
import io.trestle.sdk.outbox.sqlite.SqliteOutbox;
import io.trestle.sdk.outbox.sqlite.SqliteOutboxOptions;
import io.trestle.testing.Sql;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * A process that publishes numbers through an outbox until it is killed, and prints each one when
 * its publish has returned, or its transaction is committed. Every fifth transaction is rolled
 * back.
 */
final class OutboxWriter {
  static final String EVENT = "written";
  private static final int LANES = 7;

  private OutboxWriter() {}

  /** Arguments: address of the runtime, key, {@code sqlite} or {@code jdbc}, directory or DSN. */
  public static void main(String[] args) throws SQLException {
    ServiceBridge bridge = ServiceBridge.builder(args[0], args[1]).callerOnly().build();
    EventType<byte[]> written = bridge.events().define(EVENT);
    if (args[2].equals("sqlite")) {
      SqliteOutbox outbox = SqliteOutbox.open(bridge, SqliteOutboxOptions.in(Path.of(args[3])));
      bridge.start();
      for (int i = 0; ; i++) {
        outbox.publish(written, ("" + i).getBytes(UTF_8), lane(i));
        System.out.println(i);
      }
    }
    Sql sql = Sql.on(args[3]);
    JdbcOutbox outbox = JdbcOutbox.open(bridge, source(sql));
    bridge.start();
    try (Connection transaction = sql.connect()) {
      transaction.setAutoCommit(false);
      for (int i = 0; ; i++) {
        outbox.publish(transaction, written, ("" + i).getBytes(UTF_8), lane(i));
        if (rolledBack(i)) {
          transaction.rollback();
        } else {
          transaction.commit();
          System.out.println(i);
        }
      }
    }
  }

  static boolean rolledBack(int number) {
    return number % 5 == 4;
  }

  static String laneOf(int number) {
    return "lane " + number % LANES;
  }

  private static PublishOptions lane(int number) {
    return PublishOptions.keyed(laneOf(number));
  }

  /** Connections without pool. */
  static DataSource source(Sql sql) {
    return (DataSource)
        Proxy.newProxyInstance(
            DataSource.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (self, method, args) -> sql.connect());
  }

  /** Runs the process, kills it after so many numbers, and returns all it has printed. */
  static List<Integer> runAndKill(int numbers, String... args)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx96m",
                "-Dvertx.disableDnsResolver=true",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                OutboxWriter.class.getName()));
    command.addAll(List.of(args));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<Integer> printed = new ArrayList<>();
    try (BufferedReader lines = process.inputReader(UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.matches("\\d+")) {
          printed.add(Integer.parseInt(line));
        }
        if (printed.size() == numbers) {
          process.toHandle().destroyForcibly(); // kill -9; what it has printed is still read
        }
      }
    } finally {
      process.destroyForcibly();
    }
    if (!process.waitFor(30, TimeUnit.SECONDS) || printed.size() < numbers) {
      throw new IllegalStateException("ended after " + printed.size() + " numbers");
    }
    return printed;
  }
}
