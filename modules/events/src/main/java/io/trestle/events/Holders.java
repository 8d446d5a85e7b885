package io.trestle.events;

import io.trestle.events.core.Aftermath;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who had a stream and who held what of lanes, as the text that is stored with the progress. */
final class Holders {
  private static final Logger LOG = LoggerFactory.getLogger(Holders.class);
  private static final long LONGEST_MILLIS = 60_000;
  private static final long LATE_MILLIS = 1_000;

  private Holders() {}

  /** Empty for nobody. */
  static String text(Map<Long, UUID> held, Collection<UUID> streams, long now) {
    if (held.isEmpty() && streams.isEmpty()) {
      return "";
    }
    JsonObject positions = new JsonObject();
    held.forEach(
        (position, instance) -> {
          JsonArray of = positions.getJsonArray(instance.toString());
          if (of == null) {
            of = new JsonArray();
            positions.put(instance.toString(), of);
          }
          of.add(position);
        });
    JsonArray instances = new JsonArray();
    streams.forEach(instance -> instances.add(instance.toString()));
    return new JsonObject()
        .put("at", now)
        .put("streams", instances)
        .put("held", positions)
        .encode();
  }

  /**
   * What it means for a runtime that starts now.
   *
   * @param head last position that can have been handed out
   * @param visibilityMillis length of a lease
   */
  static Aftermath aftermath(String text, long head, long visibilityMillis, long now) {
    if (text.isEmpty()) {
      return Aftermath.none();
    }
    try {
      return parse(text, head, visibilityMillis, now);
    } catch (RuntimeException e) {
      LOG.warn("holders ignored text={} reason={}", text, e.toString());
      return Aftermath.none();
    }
  }

  private static Aftermath parse(String text, long head, long visibilityMillis, long now) {
    JsonObject json = new JsonObject(text);
    Map<Long, UUID> held = new HashMap<>();
    JsonObject positions = json.getJsonObject("held");
    for (String instance : positions.fieldNames()) {
      positions
          .getJsonArray(instance)
          .forEach(p -> held.put(((Number) p).longValue(), UUID.fromString(instance)));
    }
    Set<UUID> streams = new HashSet<>();
    json.getJsonArray("streams").forEach(s -> streams.add(UUID.fromString((String) s)));
    long leases = json.getLong("at") + visibilityMillis + LATE_MILLIS;
    return new Aftermath(head, Math.min(leases, now + LONGEST_MILLIS), held, streams);
  }
}
