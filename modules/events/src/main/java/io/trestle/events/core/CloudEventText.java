package io.trestle.events.core;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.trestle.conversations.Events.Event;
import io.trestle.protocol.events.JsonView;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An event of ours as a CloudEvent 1.0: what {@link CloudEvent} does, the other way round.
 *
 * <p>What a producer of CloudEvents gave ({@code id}, {@code source}, extensions) comes back as it
 * was, from headers {@code ce-<attribute>}. Else the id is that of the event, and the source is the
 * publishing service. A header whose name could be an attribute is one; the others are together in
 * {@code trestleheaders}, as JSON. Data of JSON is embedded as it was published, every digit kept;
 * text is a text; everything else is base64.
 *
 * @param attributes by name, in the order in which they are written; without data
 */
public record CloudEventText(Map<String, String> attributes, byte[] data) {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final String PREFIX = "ce-";
  private static final String CONTENT_TYPE = "datacontenttype";
  private static final String OWN = "trestle";
  private static final int NAME_CHARS = 64;
  private static final int TYPE_CHARS = 256;

  /** RFC 3339 has four digits. */
  private static final int LAST_YEAR = 9_999;

  /** Attributes that do not come from headers. */
  private static final Set<String> TAKEN =
      Set.of("specversion", "id", "source", "type", "time", "partitionkey", "data", CONTENT_TYPE);

  /**
   * One delivery.
   *
   * @param publisher name of the publishing service
   * @param token what is to be shown with the answer
   */
  public static CloudEventText of(Event event, String publisher, String token, int attempt) {
    Map<String, String> attributes = new LinkedHashMap<>();
    Map<String, String> headers = event.headers();
    attributes.put("specversion", "1.0");
    attributes.put("id", given(headers, "id", event.id()));
    attributes.put("source", given(headers, "source", "/" + publisher));
    attributes.put("type", event.name());
    attributes.put("time", time(event));
    if (!event.partitionKey().isEmpty()) {
      attributes.put("partitionkey", event.partitionKey());
    }
    if (event.payload().length > 0) {
      attributes.put(CONTENT_TYPE, contentType(headers, event));
    }
    attributes.put(OWN + "delivery", token);
    attributes.put(OWN + "attempt", String.valueOf(attempt));
    attributes.put(OWN + "eventid", event.id());
    extensions(headers, attributes);
    return new CloudEventText(attributes, event.payload());
  }

  private static String given(Map<String, String> headers, String name, String otherwise) {
    String value = headers.getOrDefault(PREFIX + name, "");
    return value.isEmpty() ? otherwise : value;
  }

  private static String time(Event event) {
    String given = event.headers().getOrDefault(PREFIX + "time", "");
    try {
      int year = OffsetDateTime.parse(given).getYear();
      return year < 0 || year > LAST_YEAR ? written(event) : given;
    } catch (DateTimeException e) {
      return written(event);
    }
  }

  private static String written(Event event) {
    return Instant.ofEpochMilli(event.occurredAtMillis()).toString();
  }

  /** That of the publisher, if it can be a header. */
  private static String contentType(Map<String, String> headers, Event event) {
    String given = headers.getOrDefault(PREFIX + CONTENT_TYPE, "");
    boolean usable =
        given.indexOf('/') > 0
            && given.length() <= TYPE_CHARS
            && given.chars().allMatch(c -> c >= ' ' && c < 0x7f);
    return usable ? given : contentType(event);
  }

  private static String contentType(Event event) {
    if (!event.contractHash().isEmpty()) {
      return "application/protobuf";
    }
    return jsonText(event.payload()) != null ? "application/json" : "application/octet-stream";
  }

  private static void extensions(Map<String, String> headers, Map<String, String> attributes) {
    Map<String, String> others = new LinkedHashMap<>();
    headers.forEach(
        (name, value) -> {
          String attribute = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
          if (TAKEN.contains(attribute) && name.startsWith(PREFIX)) {
            return;
          }
          if (isFree(attribute)) {
            attributes.putIfAbsent(attribute, value);
          } else {
            others.put(name, value);
          }
        });
    if (!others.isEmpty()) {
      attributes.put(OWN + "headers", json(others));
    }
  }

  private static boolean isFree(String name) {
    boolean valid =
        !name.isEmpty()
            && name.length() <= NAME_CHARS
            && name.chars().allMatch(c -> (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
    return valid && !TAKEN.contains(name) && !name.startsWith(OWN);
  }

  /** The attributes as headers of binary mode, without the content type. */
  public Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    attributes.forEach(
        (name, value) -> {
          if (!name.equals(CONTENT_TYPE)) {
            headers.put(PREFIX + name, percentEncoded(value));
          }
        });
    return headers;
  }

  /** The content type of the data; empty when there is none. */
  public String contentType() {
    return attributes.getOrDefault(CONTENT_TYPE, "");
  }

  /** Everything but printable ASCII, and quotes, percent signs and blanks, as the binding says. */
  public static String percentEncoded(String value) {
    StringBuilder text = new StringBuilder(value.length());
    for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
      if (b > ' ' && b < 0x7f && b != '"' && b != '%') {
        text.append((char) b);
      } else {
        text.append('%').append(String.format(Locale.ROOT, "%02X", b & 0xff));
      }
    }
    return text.toString();
  }

  // ---- structured

  /** Structured mode. */
  public byte[] structured() {
    return written(to -> write(to));
  }

  /** Batch mode. */
  public static byte[] batch(List<CloudEventText> events) {
    return written(
        to -> {
          to.writeStartArray();
          for (CloudEventText event : events) {
            event.write(to);
          }
          to.writeEndArray();
        });
  }

  private interface Writing {
    void to(JsonGenerator generator) throws IOException;
  }

  private static byte[] written(Writing writing) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator generator = FACTORY.createGenerator(bytes)) {
      writing.to(generator);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private void write(JsonGenerator to) throws IOException {
    to.writeStartObject();
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      if (attribute.getKey().equals(OWN + "attempt")) {
        to.writeNumberField(attribute.getKey(), Integer.parseInt(attribute.getValue()));
      } else {
        to.writeStringField(attribute.getKey(), attribute.getValue());
      }
    }
    if (data.length > 0) {
      writeData(to);
    }
    to.writeEndObject();
  }

  private void writeData(JsonGenerator to) throws IOException {
    String media = contentType().split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    String json = isJson(media) ? jsonText(data) : null;
    String text = media.startsWith("text/") && !isJson(media) ? utf8(data) : null;
    if (json != null) {
      to.writeFieldName("data");
      to.writeRawValue(json);
    } else if (text != null) {
      to.writeStringField("data", text);
    } else {
      to.writeBinaryField("data_base64", data);
    }
  }

  private static boolean isJson(String media) {
    return media.equals("application/json") || media.equals("text/json") || media.endsWith("+json");
  }

  /** Null for what is not one JSON value in UTF-8. */
  private static @Nullable String jsonText(byte[] data) {
    String text = utf8(data);
    boolean json = text != null && text.indexOf('\0') < 0 && JsonView.parse(data).isPresent();
    return json ? text : null;
  }

  private static @Nullable String utf8(byte[] data) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  private static String json(Map<String, String> object) {
    return new String(
        written(
            to -> {
              to.writeStartObject();
              for (Map.Entry<String, String> member : object.entrySet()) {
                to.writeStringField(member.getKey(), member.getValue());
              }
              to.writeEndObject();
            }),
        StandardCharsets.UTF_8);
  }
}
