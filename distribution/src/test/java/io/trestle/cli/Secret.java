package io.trestle.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Something that may never be printed, in the ways in which it could be: as it is, in hexadecimal
 * digits, in base64 (also as a part of something longer), as a list of numbers, and as protobuf
 * prints bytes.
 *
 * @param name what it is; nothing else of it is ever shown
 * @param forms how it would look
 */
record Secret(String name, Set<String> forms) {

  Secret {
    if (forms.stream().anyMatch(form -> form.length() < 12)) {
      throw new IllegalArgumentException(name + " is too short to be told from other things");
    }
  }

  static Secret of(String name, byte[] bytes) {
    return new Secret(name, forms(bytes));
  }

  /** A text, and if it is base64url, what it stands for. */
  static Secret of(String name, String text) {
    Set<String> forms = forms(text.getBytes(StandardCharsets.UTF_8));
    if (text.matches("[A-Za-z0-9_-]+")) {
      forms.addAll(forms(Base64.getUrlDecoder().decode(text)));
    }
    return new Secret(name, forms);
  }

  /** As many random bytes as a token has. */
  static byte[] random() {
    byte[] bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  boolean isIn(String text) {
    return forms.stream().anyMatch(text::contains);
  }

  /** The beginning of a text without it, to see where it came from. */
  String masked(String text) {
    String rest = text;
    for (String form : forms) {
      rest = rest.replace(form, "***");
    }
    return rest.substring(0, Math.min(rest.length(), 300));
  }

  private static Set<String> forms(byte[] bytes) {
    HexFormat hex = HexFormat.of();
    HexFormat pairs = HexFormat.ofDelimiter(":");
    Stream<String> others =
        Stream.of(
            hex.formatHex(bytes),
            hex.withUpperCase().formatHex(bytes),
            pairs.formatHex(bytes),
            pairs.withUpperCase().formatHex(bytes),
            list(Arrays.toString(bytes)),
            list(Arrays.toString(unsigned(bytes))),
            TextFormat.escapeBytes(ByteString.copyFrom(bytes)),
            new String(bytes, StandardCharsets.UTF_8),
            new String(bytes, StandardCharsets.ISO_8859_1));
    return Stream.of(
            others,
            base64(bytes, Base64.getEncoder().withoutPadding()),
            base64(bytes, Base64.getUrlEncoder().withoutPadding()))
        .flatMap(forms -> forms)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static int[] unsigned(byte[] bytes) {
    return IntStream.range(0, bytes.length).map(i -> Byte.toUnsignedInt(bytes[i])).toArray();
  }

  /** As a part of a longer list too. */
  private static String list(String bracketed) {
    return bracketed.substring(1, bracketed.length() - 1);
  }

  /** The characters that depend on nothing else, with nothing, one or two bytes before it. */
  private static Stream<String> base64(byte[] bytes, Base64.Encoder encoder) {
    return IntStream.range(0, 3)
        .mapToObj(
            before -> {
              byte[] whole = new byte[before + bytes.length];
              System.arraycopy(bytes, 0, whole, before, bytes.length);
              int from = (before * 8 + 5) / 6;
              return encoder.encodeToString(whole).substring(from, whole.length * 8 / 6);
            });
  }

  /** Never the secret: this is what a failed test prints. */
  @Override
  public String toString() {
    return name;
  }
}
