package io.trestle.kernel.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * The secret of operators: 32 random bytes as base64url without padding, in a file of mode 0600.
 * Deleting the file makes a new one at the next start. Its text form is masked.
 */
public final class AdminToken {
  /** Name of the file in the state directory. */
  public static final String FILE = "admin-token";

  private static final int BYTES = 32;
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{43}");

  private final String secret;
  private final byte[] digest;

  private AdminToken(String secret) {
    this.secret = secret;
    this.digest = sha256(secret);
  }

  /** A new token that is kept nowhere. */
  public static AdminToken random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return new AdminToken(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /**
   * The token of a directory, made when there is none.
   *
   * @throws StateException when others may read or write the file, or it holds no token
   */
  static AdminToken loadOrCreate(Path directory) {
    Path file = directory.resolve(FILE);
    try {
      if (!Files.exists(file)) {
        writeNew(file);
      }
      return read(file);
    } catch (IOException e) {
      throw new StateException(file + ": cannot be used (expected: a file of mode 0600): " + e, e);
    }
  }

  /** Whether a text is this token; takes the same time for every wrong text. */
  public boolean matches(String presented) {
    return MessageDigest.isEqual(digest, sha256(presented));
  }

  /** The token itself, for the file of a client. Never log it. */
  public String reveal() {
    return secret;
  }

  @Override
  public String toString() {
    return "AdminToken[****]";
  }

  private static void writeNew(Path file) throws IOException {
    try {
      PrivateFiles.writeNew(file, random().secret.getBytes(StandardCharsets.US_ASCII));
    } catch (FileAlreadyExistsException e) {
      return; // another process made it meanwhile; its token is as good
    }
  }

  private static AdminToken read(Path file) throws IOException {
    if (PrivateFiles.isOpenFile(file)) {
      throw new StateException(
          "%s: others may read or write it (expected: mode 0600; if nobody else saw it: chmod 600, else delete it)"
              .formatted(file));
    }
    String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
    if (!FORM.matcher(text).matches()) {
      throw new StateException(
          file
              + ": holds no token (expected: 43 characters of base64url; delete it to get a new one)");
    }
    return new AdminToken(text);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
