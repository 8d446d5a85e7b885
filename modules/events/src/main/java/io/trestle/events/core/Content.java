package io.trestle.events.core;

import io.trestle.protocol.events.JsonView;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What makes two events the same (events.md 2.4.4): name, partition key, contract hash and payload.
 * Payloads are equal when their bytes are, or when both have a JSON view and these are equal as
 * JSON values, because one map has many encodings.
 *
 * @param digest of name, partition key, contract hash and payload
 * @param json digest of name, partition key, contract hash and the canonical JSON view; null when
 *     there is none
 */
public record Content(byte[] digest, byte @Nullable [] json) {

  /** The content of an event. */
  public static Content of(
      String name, String partitionKey, String contractHash, byte[] payload, byte[] payloadJson) {
    MessageDigest head = sha256();
    part(head, name.getBytes(StandardCharsets.UTF_8));
    part(head, partitionKey.getBytes(StandardCharsets.UTF_8));
    part(head, contractHash.getBytes(StandardCharsets.UTF_8));
    MessageDigest bytes = copy(head);
    bytes.update(payload);
    Optional<JsonView> view =
        payloadJson.length == 0 ? Optional.empty() : JsonView.parse(payloadJson);
    return new Content(
        bytes.digest(),
        view.map(v -> copy(head).digest(v.canonical().getBytes(StandardCharsets.UTF_8)))
            .orElse(null));
  }

  /** Whether they are the same. */
  public boolean same(Content other) {
    return MessageDigest.isEqual(digest, other.digest)
        || (json != null && other.json != null && MessageDigest.isEqual(json, other.json));
  }

  /** The length goes first, so that two texts cannot trade characters. */
  private static void part(MessageDigest to, byte[] bytes) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      to.update((byte) (bytes.length >>> shift));
    }
    to.update(bytes);
  }

  private static MessageDigest copy(MessageDigest digest) {
    try {
      return (MessageDigest) digest.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("SHA-256 of every JDK can be copied", e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Content content
        && Arrays.equals(digest, content.digest)
        && Arrays.equals(json, content.json);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(digest);
  }
}
