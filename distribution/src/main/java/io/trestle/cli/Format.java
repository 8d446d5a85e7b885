package io.trestle.cli;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How results are printed. */
enum Format {
  TEXT,
  JSON;

  static Format of(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "text", "table" -> TEXT;
      case "json" -> JSON;
      default -> throw new TypeConversionException(name + " (expected: text, table or json)");
    };
  }

  /** For the option. */
  static final class Converter implements ITypeConverter<Format> {
    @Override
    public Format convert(String value) {
      return of(value);
    }
  }
}
