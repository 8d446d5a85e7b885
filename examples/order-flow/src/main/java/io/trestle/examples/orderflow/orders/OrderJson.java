package io.trestle.examples.orderflow.orders;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads and writes one order as JSON. Every complaint names the field and what was expected. */
public final class OrderJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final int MAX_TEXT = 200;
  private static final int MAX_ITEMS = 100;
  private static final int MAX_QUANTITY = 10_000;
  private static final List<String> FIELDS = List.of("id", "customer", "card", "items", "expect");
  private static final List<String> ITEM_FIELDS = List.of("sku", "quantity");

  private OrderJson() {}

  /**
   * Reads an order.
   *
   * @throws OrderException naming the field
   */
  public static Order read(String json) {
    JsonNode tree = parse(json);
    requireFields(tree, "", FIELDS);
    String id = text(tree, "", "id");
    if (!ID.matcher(id).matches()) {
      throw bad("id", id, "1 to 64 letters, digits, dots, dashes or underscores");
    }
    return new Order(
        id, text(tree, "", "customer"), text(tree, "", "card"), items(tree), expected(tree));
  }

  /** Writes what a customer sends: the order without the end that is expected of it. */
  public static String write(Order order) {
    ObjectNode tree = MAPPER.createObjectNode();
    tree.put("id", order.id()).put("customer", order.customer()).put("card", order.card());
    ArrayNode items = tree.putArray("items");
    for (Order.Item item : order.items()) {
      items.addObject().put("sku", item.sku()).put("quantity", item.quantity());
    }
    return tree.toString();
  }

  private static JsonNode parse(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new OrderException("not JSON: " + e.getOriginalMessage());
    }
  }

  private static List<Order.Item> items(JsonNode tree) {
    JsonNode array = tree.path("items");
    if (!array.isArray() || array.isEmpty() || array.size() > MAX_ITEMS) {
      throw bad("items", shown(array), "a list of 1 to " + MAX_ITEMS + " items");
    }
    List<Order.Item> items = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      items.add(item(array.get(i), "items[" + i + "]"));
    }
    return items;
  }

  private static Order.Item item(JsonNode tree, String place) {
    requireFields(tree, place, ITEM_FIELDS);
    JsonNode quantity = tree.path("quantity");
    boolean good =
        quantity.isInt() && quantity.intValue() >= 1 && quantity.intValue() <= MAX_QUANTITY;
    if (!good) {
      throw bad(place + ".quantity", shown(quantity), "1 to " + MAX_QUANTITY);
    }
    return new Order.Item(text(tree, place, "sku"), quantity.intValue());
  }

  private static Optional<End> expected(JsonNode tree) {
    if (!tree.has("expect")) {
      return Optional.empty();
    }
    String text = text(tree, "", "expect");
    Optional<End> end = End.of(text).filter(known -> known != End.FAILED);
    if (end.isEmpty()) {
      throw bad("expect", text, End.expectable());
    }
    return end;
  }

  private static String text(JsonNode tree, String place, String field) {
    JsonNode node = tree.path(field);
    String name = place.isEmpty() ? field : place + "." + field;
    if (!node.isTextual() || node.textValue().isBlank() || node.textValue().length() > MAX_TEXT) {
      throw bad(name, shown(node), "a text of 1 to " + MAX_TEXT + " characters");
    }
    return node.textValue();
  }

  private static void requireFields(JsonNode tree, String place, List<String> known) {
    if (!tree.isObject()) {
      throw bad(place.isEmpty() ? "order" : place, shown(tree), "an object with " + known);
    }
    for (Map.Entry<String, JsonNode> entry : tree.properties()) {
      if (!known.contains(entry.getKey())) {
        String name = place.isEmpty() ? entry.getKey() : place + "." + entry.getKey();
        throw new OrderException(name + ": unknown field (expected: " + known + ")");
      }
    }
  }

  private static String shown(@Nullable JsonNode node) {
    if (node == null || node.isMissingNode()) {
      return "missing";
    }
    String text = node.toString();
    return text.length() <= 60 ? text : text.substring(0, 60) + "...";
  }

  private static OrderException bad(String field, String value, String expected) {
    return new OrderException(field + ": " + value + " (expected: " + expected + ")");
  }
}
