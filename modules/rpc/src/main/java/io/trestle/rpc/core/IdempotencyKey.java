package io.trestle.rpc.core;

import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * An idempotency key within its scope (rpc.md 3.4, rule 1). Neither the contract hash nor the
 * instance is part of it.
 */
public record IdempotencyKey(UUID caller, UUID target, String method, String key) {
  /** Longest key, in bytes of UTF-8. */
  public static final int MAX_BYTES = 255;

  private static final int SHOWN = 255;

  /**
   * The key of a call.
   *
   * @throws Refused INVALID for a key that is too long
   */
  public static IdempotencyKey of(UUID caller, Forward forward) {
    String key = forward.call().getIdempotencyKey();
    int bytes = forward.call().getIdempotencyKeyBytes().size();
    if (bytes > MAX_BYTES) {
      throw Refused.of(
          Reason.INVALID,
          "idempotency_key: " + bytes + " bytes (expected: at most " + MAX_BYTES + ")");
    }
    return new IdempotencyKey(caller, forward.target(), forward.method(), key);
  }

  /** SHA-256 of all four parts; the length of the method keeps it apart from the key. */
  public byte[] id() {
    byte[] name = method.getBytes(StandardCharsets.UTF_8);
    ByteBuffer head = ByteBuffer.allocate(4 * Long.BYTES + Integer.BYTES);
    head.putLong(caller.getMostSignificantBits()).putLong(caller.getLeastSignificantBits());
    head.putLong(target.getMostSignificantBits()).putLong(target.getLeastSignificantBits());
    head.putInt(name.length);
    MessageDigest digest = sha256();
    digest.update(head.array());
    digest.update(name);
    return digest.digest(key.getBytes(StandardCharsets.UTF_8));
  }

  /** The method as people may see it, in columns and logs. */
  public String shownMethod() {
    return shown(method);
  }

  /** The key as people may see it, in columns and logs. */
  public String shownKey() {
    return shown(key);
  }

  private static String shown(String text) {
    String printable = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
    return printable.codePointCount(0, printable.length()) <= SHOWN
        ? printable
        : printable.substring(0, printable.offsetByCodePoints(0, SHOWN));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
