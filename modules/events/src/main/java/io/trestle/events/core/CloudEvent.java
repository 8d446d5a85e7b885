package io.trestle.events.core;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.trestle.conversations.Events.Event;
import io.trestle.protocol.events.JsonView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A CloudEvent 1.0 as an event of ours.
 *
 * <p>{@code type} is the name. {@code source} and {@code id} together name an event for ever, so
 * they are the idempotency key: a producer that repeats a request gets the id of the first. {@code
 * time} is when it occurred, the extension {@code partitionkey} is the partition key. Everything
 * else, {@code id} and {@code source} included, comes to the handler as headers {@code
 * ce-<attribute>}. Data is the payload: that of JSON is also what filters see.
 *
 * @param id as the producer gave it; empty if it did not
 * @param attributes by name, without data
 * @param data the payload, null for none
 */
public record CloudEvent(String id, Map<String, String> attributes, byte @Nullable [] data) {
  private static final String VERSION = "1.0";
  private static final String JSON = "application/json";
  private static final int KEY_BYTES = EnvelopeCheck.KEY_BYTES;

  /** Numbers keep every digit. */
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** A text that is no CloudEvent; the message names what is wrong and what was expected. */
  public static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  // ---- reading

  /** Structured mode: one JSON object. */
  public static CloudEvent structured(byte[] body) {
    return structured(json(body));
  }

  /** Batch mode: the elements of a JSON list, each to be read on its own. */
  public static List<JsonNode> batch(byte[] body) {
    JsonNode list = json(body);
    if (!list.isArray()) {
      throw new Malformed("body: no list (expected: a JSON list of events)");
    }
    List<JsonNode> events = new ArrayList<>();
    list.forEach(events::add);
    return events;
  }

  private static JsonNode json(byte[] body) {
    try {
      return MAPPER.readTree(body);
    } catch (IOException e) {
      throw new Malformed("body: no JSON (expected: JSON in UTF-8, no name twice)");
    }
  }

  /** One element of a batch. */
  public static CloudEvent structured(JsonNode json) {
    if (!json.isObject()) {
      throw new Malformed("event: no object (expected: a JSON object)");
    }
    Map<String, String> attributes = new TreeMap<>();
    json.properties()
        .forEach(
            member -> {
              String name = member.getKey();
              JsonNode value = member.getValue();
              if (!name.equals("data") && !name.equals("data_base64")) {
                put(attributes, name, value);
              }
            });
    return new CloudEvent(attributes.getOrDefault("id", ""), attributes, data(json, attributes));
  }

  private static void put(Map<String, String> attributes, String name, JsonNode value) {
    if (value.isNull()) {
      return;
    }
    if (!value.isValueNode()) {
      throw new Malformed(name + ": no text (expected: a text, a number or true or false)");
    }
    attributes.put(attribute(name), value.asText());
  }

  private static String attribute(String name) {
    if (!name.matches("[a-z0-9]{1,64}")) {
      String shown = name.replaceAll("\\p{Cntrl}", "?");
      throw new Malformed(
          (shown.length() > 80 ? shown.substring(0, 80) + "..." : shown)
              + ": no attribute (expected: names of lower-case letters and digits)");
    }
    return name;
  }

  private static byte @Nullable [] data(JsonNode json, Map<String, String> attributes) {
    JsonNode base64 = json.get("data_base64");
    JsonNode data = json.get("data");
    if (base64 != null && data != null) {
      throw new Malformed("data_base64: beside data (expected: one of the two)");
    }
    if (base64 != null) {
      return decoded(base64.asText());
    }
    if (data == null) {
      return null;
    }
    boolean text = data.isTextual() && !isJson(attributes);
    return (text ? data.asText() : data.toString()).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] decoded(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new Malformed("data_base64: no base64 (expected: base64 with padding)");
    }
  }

  /**
   * Binary mode: attributes are headers, the body is the data.
   *
   * @param headers by name in lower case
   */
  public static CloudEvent binary(Map<String, String> headers, byte[] body) {
    Map<String, String> attributes = new TreeMap<>();
    headers.forEach(
        (name, value) -> {
          if (name.startsWith("ce-")) {
            attributes.put(attribute(name.substring("ce-".length())), percentDecoded(value));
          }
        });
    String type = headers.get("content-type");
    if (type != null) {
      attributes.put("datacontenttype", type);
    }
    return new CloudEvent(
        attributes.getOrDefault("id", ""), attributes, body.length == 0 ? null : body);
  }

  private static String percentDecoded(String value) {
    if (value.indexOf('%') < 0) {
      return value;
    }
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '%' && i + 2 < value.length() && isHex(value, i + 1) && isHex(value, i + 2)) {
        bytes.write(HexFormat.fromHexDigits(value, i + 1, i + 3));
        i += 2;
      } else {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static boolean isHex(String value, int index) {
    return HexFormat.isHexDigit(value.charAt(index));
  }

  // ---- translating

  /**
   * The event of ours.
   *
   * @param eventId its id
   * @throws Malformed when an attribute is missing or wrong
   */
  public Event event(String eventId) {
    if (!VERSION.equals(attributes.get("specversion"))) {
      throw new Malformed(
          "specversion: " + attributes.getOrDefault("specversion", "missing") + " (expected: 1.0)");
    }
    String source = required("source", "where the event comes from");
    String type = required("type", "the name of the event");
    byte[] payload = data == null ? new byte[0] : data;
    boolean json = data != null && isJson(attributes);
    if (json && JsonView.parse(payload).isEmpty()) {
      throw new Malformed("data: no JSON (expected: as datacontenttype says)");
    }
    return new Event(
        eventId,
        type,
        payload,
        "",
        attributes.getOrDefault("partitionkey", ""),
        key(source, required("id", "unique for the source")),
        headers(),
        time(),
        "",
        json ? payload : new byte[0]);
  }

  private String required(String name, String expected) {
    String value = attributes.getOrDefault(name, "");
    if (value.isEmpty()) {
      throw new Malformed(name + ": missing (expected: " + expected + ")");
    }
    return value;
  }

  private long time() {
    String time = attributes.get("time");
    if (time == null) {
      return 0;
    }
    try {
      return OffsetDateTime.parse(time).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw new Malformed("time: no time (expected: such as 2025-11-21T08:00:00Z)");
    }
  }

  private Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    attributes.forEach(
        (name, value) -> {
          if (!name.equals("type") && !name.equals("partitionkey")) {
            headers.put("ce-" + name, value);
          }
        });
    return headers;
  }

  private static boolean isJson(Map<String, String> attributes) {
    String type = attributes.getOrDefault("datacontenttype", JSON);
    String media = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return media.equals(JSON) || media.equals("text/json") || media.endsWith("+json");
  }

  private static String key(String source, String id) {
    String key = "ce:" + source.length() + ":" + source + ":" + id;
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= KEY_BYTES ? key : "ce:sha256:" + HexFormat.of().formatHex(sha256(bytes));
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
