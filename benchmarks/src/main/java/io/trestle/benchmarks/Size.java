package io.trestle.benchmarks;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A payload size, {@code 512}, {@code 10KiB} or {@code 1MiB}; 1 byte to 4,000 KiB. */
record Size(int bytes) {
  private static final int MAX = 4_000 << 10;
  private static final Pattern TEXT = Pattern.compile("([0-9]{1,7})(|b|k|kib|m|mib)");

  /** Reads one. */
  static final class Converter implements ITypeConverter<Size> {
    @Override
    public Size convert(String text) {
      Matcher parts = TEXT.matcher(text.toLowerCase(Locale.ROOT));
      long bytes = parts.matches() ? Long.parseLong(parts.group(1)) << shift(parts.group(2)) : 0;
      if (bytes < 1 || bytes > MAX) {
        throw new TypeConversionException(text + " (expected: 1 to 4000KiB, such as 10KiB)");
      }
      return new Size((int) bytes);
    }

    private static int shift(String unit) {
      return unit.startsWith("k") ? 10 : unit.startsWith("m") ? 20 : 0;
    }
  }

  @Override
  public String toString() {
    if (bytes % (1 << 20) == 0) {
      return (bytes >> 20) + "MiB";
    }
    return bytes % (1 << 10) == 0 ? (bytes >> 10) + "KiB" : bytes + "B";
  }
}
