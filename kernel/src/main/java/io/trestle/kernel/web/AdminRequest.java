package io.trestle.kernel.web;

import io.trestle.kernel.web.AdminFailure.Code;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads the members of an admin call with the errors that its handler would have to make itself.
 */
public final class AdminRequest {
  private final JsonObject json;

  private AdminRequest(JsonObject json) {
    this.json = json;
  }

  /**
   * A request with these members and no others.
   *
   * @throws AdminFailure INVALID_ARGUMENT naming the first other one
   */
  public static AdminRequest of(JsonObject json, String... members) {
    List<String> known = Arrays.asList(members);
    for (String name : json.fieldNames()) {
      if (!known.contains(name)) {
        throw invalid(
            "%s: unknown member (expected: %s)"
                .formatted(clip(name), known.isEmpty() ? "none" : String.join(", ", known)));
      }
    }
    return new AdminRequest(json);
  }

  /** A text that must be there; it may be empty. */
  public String text(String member) {
    return optionalText(member).orElseThrow(() -> invalid(member + ": missing (expected: a text)"));
  }

  /** A text that may be missing or null. */
  public Optional<String> optionalText(String member) {
    Object value = json.getValue(member);
    if (value != null && !(value instanceof String)) {
      throw invalid(member + ": not a text (expected: a text)");
    }
    return Optional.ofNullable((String) value);
  }

  /** A failure of the request itself. */
  public static AdminFailure invalid(String message) {
    return new AdminFailure(Code.INVALID_ARGUMENT, message);
  }

  private static String clip(String name) {
    return name.length() > 80 ? name.substring(0, 80) + "..." : name;
  }
}
