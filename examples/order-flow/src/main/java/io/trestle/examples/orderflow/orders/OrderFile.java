package io.trestle.examples.orderflow.orders;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Orders of a JSON-lines file: one order a line, empty lines are skipped. */
public final class OrderFile {
  private static final String SHIPPED = "/io/trestle/examples/orderflow/orders.jsonl";

  private OrderFile() {}

  /** The orders that ship with the example. */
  public static List<Order> shipped() {
    InputStream stream = OrderFile.class.getResourceAsStream(SHIPPED);
    if (stream == null) {
      throw new IllegalStateException(SHIPPED + ": not on the class path");
    }
    try (Reader reader = new InputStreamReader(stream, StandardCharsets.UTF_8)) {
      return read("orders.jsonl", reader);
    } catch (IOException e) {
      throw new IllegalStateException(SHIPPED + ": cannot be read", e);
    }
  }

  /**
   * The orders of a file.
   *
   * @throws OrderException naming file, line and field
   */
  public static List<Order> read(Path file) {
    try (Reader reader = Files.newBufferedReader(file)) {
      return read(file.toString(), reader);
    } catch (NoSuchFileException e) {
      throw new OrderException(file + ": no such file");
    } catch (CharacterCodingException e) {
      throw new OrderException(file + ": not UTF-8");
    } catch (IOException e) {
      throw new OrderException(file + ": cannot be read: " + e);
    }
  }

  static List<Order> read(String name, Reader reader) throws IOException {
    List<Order> orders = new ArrayList<>();
    Map<String, Integer> lines = new HashMap<>();
    BufferedReader buffered = new BufferedReader(reader);
    int number = 0;
    for (String line = buffered.readLine(); line != null; line = buffered.readLine()) {
      number++;
      if (!line.isBlank()) {
        Order order = order(name + ":" + number, line);
        requireNew(name, number, order.id(), lines);
        orders.add(order);
      }
    }
    if (orders.isEmpty()) {
      throw new OrderException(name + ": no orders in it (expected: one JSON object a line)");
    }
    return orders;
  }

  private static Order order(String place, String line) {
    try {
      return OrderJson.read(line);
    } catch (OrderException e) {
      throw new OrderException(place + ": " + e.getMessage());
    }
  }

  private static void requireNew(String name, int number, String id, Map<String, Integer> lines) {
    Integer earlier = lines.putIfAbsent(id, number);
    if (earlier != null) {
      throw new OrderException(
          "%s:%d: id: %s is that of line %d (expected: one order an id)"
              .formatted(name, number, id, earlier));
    }
  }
}
