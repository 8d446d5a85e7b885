package io.trestle.pki.core;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the secret of a bootstrap key is stored: {@code sha256:} and 64 lower-case hexadecimal
 * digits. Secrets are 32 random bytes, so a slow hash would protect nothing and make provisioning
 * an easy target.
 */
public final class SecretHash {
  /** Length of a secret in bytes. */
  public static final int SECRET_BYTES = 32;

  private static final String PREFIX = "sha256:";
  private static final Pattern FORM = Pattern.compile("sha256:[0-9a-f]{64}");

  /** Compared against when there is nothing to compare with, so that both take the same time. */
  private static final String DUMMY = PREFIX + "0".repeat(64);

  private SecretHash() {}

  /** The stored form of a secret. */
  public static String of(byte[] secret) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(secret);
      return PREFIX + HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  /** Whether a stored text has the form; any other matches no secret. */
  public static boolean isWellFormed(String stored) {
    return FORM.matcher(stored).matches();
  }

  /** Whether the secret has this hash, in a time that does not depend on the answer. */
  public static boolean matches(@Nullable String stored, byte[] secret) {
    boolean usable = stored != null && isWellFormed(stored);
    String expected = stored != null && usable ? stored : DUMMY;
    boolean equal =
        MessageDigest.isEqual(
            expected.getBytes(StandardCharsets.US_ASCII),
            of(secret).getBytes(StandardCharsets.US_ASCII));
    return equal && usable;
  }
}
