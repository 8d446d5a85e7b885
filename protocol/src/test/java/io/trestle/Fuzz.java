package io.trestle;

import com.google.protobuf.CodedInputStream;
import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Feeds a decoder with noise and with damaged copies of what is valid. A property of {@link #TRIES}
 * tries calls it once in each, with the random source of the try: that is enough to repeat it. All
 * decoders share ten seconds: one has 0.7 s, and at least {@link #LEAST} inputs in each try however
 * slow the machine is.
 *
 * <p>An input fails when the decoder throws, allocates far more than the input is long, or works on
 * it for seconds. Faults that a decoder declares are caught by whoever calls it.
 */
public final class Fuzz {
  /** For {@code @Property(tries = Fuzz.TRIES)}. */
  public static final int TRIES = 20;

  static final int LEAST = 50;
  private static final long TRY_NANOS = TimeUnit.MILLISECONDS.toNanos(35);
  private static final long FAR_TOO_SLOW = TimeUnit.SECONDS.toNanos(20);
  private static final long SOME_BYTES = 4 << 20;
  private static final int BYTES_PER_BYTE = 1_000;
  private static final int MOST_NOISE = 300;
  private static final int[] INTERESTING = {0, 1, 2, 8, 10, 0x7f, 0x80, 0xfe, 0xff};
  private static final String SIGNS = "{}[]\"\\:,.$*#!=<>~-+eE019 \t\n\0/éЖ\ud83d\ude82\ud83d_aZ";
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Fuzz() {}

  /** What is tried. */
  @FunctionalInterface
  public interface Decoder<T> {
    /** Decodes; throws only what must not happen. */
    void decode(T input) throws Exception;
  }

  /** One try with bytes. */
  public static void bytes(Random random, List<byte[]> valid, Decoder<byte[]> decoder) {
    long end = System.nanoTime() + TRY_NANOS;
    for (int i = 0; i < LEAST || System.nanoTime() < end; i++) {
      byte[] input = input(random, valid);
      run(input, input.length, decoder, () -> HexFormat.of().formatHex(input));
    }
  }

  /** One try with texts. */
  public static void texts(Random random, List<String> valid, Decoder<String> decoder) {
    long end = System.nanoTime() + TRY_NANOS;
    for (int i = 0; i < LEAST || System.nanoTime() < end; i++) {
      String input = text(random, valid);
      run(
          input,
          input.length(),
          decoder,
          () -> HexFormat.of().formatHex(input.getBytes(StandardCharsets.UTF_16BE)) + " in UTF-16");
    }
  }

  /** What is shown of an input that fails. */
  @FunctionalInterface
  private interface Shown {
    String text();
  }

  private static <T> void run(T input, int length, Decoder<T> decoder, Shown shown) {
    long bound = SOME_BYTES + (long) BYTES_PER_BYTE * length;
    long begin = System.nanoTime();
    long taken = bytes(input, decoder, shown);
    if (taken > bound) {
      taken = bytes(input, decoder, shown); // without what loading classes took
    }
    if (taken > bound) {
      throw new AssertionError("input " + shown.text() + " takes " + taken + " bytes");
    }
    if (System.nanoTime() - begin > FAR_TOO_SLOW) {
      throw new AssertionError("input " + shown.text() + " takes seconds");
    }
  }

  /** How many bytes were allocated. */
  private static <T> long bytes(T input, Decoder<T> decoder, Shown shown) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      decoder.decode(input);
    } catch (Throwable e) {
      throw new AssertionError("input " + shown.text() + ": " + e, e);
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  /**
   * Protobuf's own reader in its strict form: over an array it takes a number of ten bytes that
   * does not end with the tenth. A message read from it ends with {@code checkLastTagWas(0)}.
   */
  public static CodedInputStream strictly(byte[] message) {
    return CodedInputStream.newInstance(new ByteArrayInputStream(message), 1);
  }

  private static byte[] input(Random random, List<byte[]> valid) {
    byte[] bytes = valid.get(random.nextInt(valid.size())).clone();
    if (random.nextInt(5) == 0) {
      bytes = noise(random, MOST_NOISE);
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      bytes = damaged(bytes, random, valid);
    }
    return bytes;
  }

  private static byte[] noise(Random random, int most) {
    byte[] noise = new byte[random.nextInt(most + 1)];
    random.nextBytes(noise);
    return noise;
  }

  private static byte[] damaged(byte[] bytes, Random random, List<byte[]> valid) {
    int at = random.nextInt(bytes.length + 1);
    int to = at + random.nextInt(bytes.length - at + 1);
    byte[] head = Arrays.copyOf(bytes, at);
    byte[] tail = Arrays.copyOfRange(bytes, at, bytes.length);
    byte[] rest = Arrays.copyOfRange(bytes, to, bytes.length);
    return switch (random.nextInt(7)) {
      case 0 -> head; // cut off
      case 1 -> joined(head, rest); // a part is missing
      case 2 -> joined(head, noise(random, 12), tail);
      case 3 -> joined(head, Arrays.copyOfRange(bytes, at, to), tail); // a part is there twice
      case 4 -> joined(head, valid.get(random.nextInt(valid.size())), tail);
      case 5 -> changed(bytes, at, (byte) INTERESTING[random.nextInt(INTERESTING.length)]);
      default -> changed(bytes, at, (byte) (1 << random.nextInt(8)));
    };
  }

  private static byte[] changed(byte[] bytes, int at, byte mask) {
    byte[] changed = bytes.clone();
    if (at < changed.length) {
      changed[at] = (mask & (mask - 1)) == 0 ? (byte) (changed[at] ^ mask) : mask;
    }
    return changed;
  }

  private static byte[] joined(byte[]... parts) {
    byte[] joined = new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, joined, at, part.length);
      at += part.length;
    }
    return joined;
  }

  private static String text(Random random, List<String> valid) {
    String text = valid.get(random.nextInt(valid.size()));
    if (random.nextInt(5) == 0) {
      text = signs(random, MOST_NOISE);
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      text = damaged(text, random, valid);
    }
    return text;
  }

  private static String signs(Random random, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      boolean known = random.nextInt(8) > 0;
      text.append(known ? SIGNS.charAt(random.nextInt(SIGNS.length())) : (char) random.nextInt());
    }
    return text.toString();
  }

  private static String damaged(String text, Random random, List<String> valid) {
    int at = random.nextInt(text.length() + 1);
    int to = at + random.nextInt(text.length() - at + 1);
    String head = text.substring(0, at);
    return switch (random.nextInt(6)) {
      case 0 -> head;
      case 1 -> head + text.substring(to);
      case 2 -> head + signs(random, 6) + text.substring(at);
      case 3 -> head + text.substring(at, to).repeat(1 + random.nextInt(3)) + text.substring(at);
      case 4 -> head + valid.get(random.nextInt(valid.size())) + text.substring(at);
      default -> head + signs(random, 1) + text.substring(Math.min(text.length(), at + 1));
    };
  }
}
