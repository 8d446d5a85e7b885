package io.trestle.kernel.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The types that a setting can have. */
final class SettingTypes {
  private static final Pattern DIGITS = Pattern.compile("-?[0-9]{1,18}");

  private SettingTypes() {}

  static SettingType<Integer> integer(String name, int min, int max) {
    return new Numeric<>(name, min, max, Math::toIntExact);
  }

  static SettingType<Duration> millis(long min, long max) {
    return new Numeric<>("ms", min, max, Duration::ofMillis);
  }

  static SettingType<Boolean> bool() {
    return new Bool();
  }

  static <E extends Enum<E>> SettingType<E> choice(Class<E> type) {
    return new Choice<>(type);
  }

  static SettingType<String> string() {
    return new Text("string", false);
  }

  static SettingType<String> secret() {
    return new Text("secret", true);
  }

  static SettingType<String> url() {
    return new Url();
  }

  static SettingType<List<String>> list(int minElements) {
    return new Elements<>("list", string(), minElements, SettingKey.MAX_CHARACTERS);
  }

  static SettingType<List<Duration>> millisList(
      long min, long max, int minElements, int maxElements) {
    return new Elements<>("list of ms", millis(min, max), minElements, maxElements);
  }

  /** How a constant is written in the table. */
  static String text(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static void require(boolean good) throws BadText {
    if (!good) {
      throw new BadText();
    }
  }

  private static void requireStorable(String text) throws BadText {
    require(text.length() <= SettingKey.MAX_CHARACTERS);
    require(text.chars().noneMatch(Character::isISOControl));
  }

  private record Numeric<T>(String name, long smallest, long largest, LongFunction<T> value)
      implements SettingType<T> {
    @Override
    public String expected() {
      return smallest + " to " + largest;
    }

    @Override
    public T parse(String text) throws BadText {
      require(DIGITS.matcher(text).matches());
      long number = Long.parseLong(text);
      require(number >= smallest && number <= largest);
      return value.apply(number);
    }

    @Override
    public String min() {
      return Long.toString(smallest);
    }

    @Override
    public String max() {
      return Long.toString(largest);
    }
  }

  private record Bool() implements SettingType<Boolean> {
    @Override
    public String name() {
      return "bool";
    }

    @Override
    public String expected() {
      return "true or false";
    }

    @Override
    public Boolean parse(String text) throws BadText {
      require(text.equals("true") || text.equals("false"));
      return text.equals("true");
    }
  }

  private record Choice<E extends Enum<E>>(Class<E> type) implements SettingType<E> {
    @Override
    public String name() {
      return "enum";
    }

    @Override
    public String expected() {
      return Arrays.stream(type.getEnumConstants())
          .map(SettingTypes::text)
          .collect(Collectors.joining(" or "));
    }

    @Override
    public E parse(String text) throws BadText {
      for (E constant : type.getEnumConstants()) {
        if (text(constant).equals(text)) {
          return constant;
        }
      }
      throw new BadText();
    }
  }

  private record Text(String name, boolean secret) implements SettingType<String> {
    @Override
    public String expected() {
      return "at most " + SettingKey.MAX_CHARACTERS + " characters, no control characters";
    }

    @Override
    public String parse(String text) throws BadText {
      requireStorable(text);
      return text;
    }
  }

  private record Url() implements SettingType<String> {
    @Override
    public String name() {
      return "url";
    }

    @Override
    public String expected() {
      return "an http or https URL, or empty";
    }

    @Override
    public String parse(String text) throws BadText {
      requireStorable(text);
      require(text.isEmpty() || isWebUrl(text));
      return text;
    }

    private static boolean isWebUrl(String text) {
      try {
        URI uri = new URI(text);
        String scheme = uri.getScheme();
        return ("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))
            && uri.getHost() != null
            && uri.getPort() <= 65_535;
      } catch (URISyntaxException e) {
        return false;
      }
    }
  }

  private record Elements<E>(String name, SettingType<E> element, int minElements, int maxElements)
      implements SettingType<List<E>> {
    @Override
    public String expected() {
      String each = element.min().isEmpty() ? "values" : "values of " + element.expected();
      String many =
          maxElements < SettingKey.MAX_CHARACTERS
              ? minElements + " to " + maxElements + " "
              : minElements > 0 ? "at least " + minElements + " " : "";
      return many + each + ", separated by commas";
    }

    @Override
    public List<E> parse(String text) throws BadText {
      requireStorable(text);
      List<E> values = new ArrayList<>();
      if (!text.isBlank()) {
        for (String part : text.split(",", -1)) {
          require(!part.isBlank());
          values.add(element.parse(part.strip()));
        }
      }
      require(values.size() >= minElements && values.size() <= maxElements);
      return List.copyOf(values);
    }

    @Override
    public String min() {
      return element.min();
    }

    @Override
    public String max() {
      return element.max();
    }
  }
}
