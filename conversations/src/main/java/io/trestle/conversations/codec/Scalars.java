package io.trestle.conversations.codec;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** The codecs of the JDK types that may travel and hold nothing else. */
final class Scalars {
  private static final Map<Class<?>, ValueCodec> ALL = new HashMap<>();

  static {
    numbers();
    both(boolean.class, Boolean.class, (out, v) -> out.u8(v ? 1 : 0), in -> flag(in, "0 or 1"));
    both(char.class, Character.class, (out, v) -> out.unsigned(v), Scalars::character);
    one(String.class, Texts::write, Texts::read);
    one(byte[].class, Scalars::bytes, in -> in.raw(in.count("a length"), "bytes"));
    one(UUID.class, Scalars::uuid, Scalars::uuid);
    one(Instant.class, Scalars::instant, Scalars::instant);
    one(Duration.class, Scalars::duration, Scalars::duration);
  }

  private record Scalar<T>(
      Class<T> type, BiConsumer<ByteWriter, T> writer, Function<ByteReader, T> reader)
      implements ValueCodec {
    @Override
    public void write(ByteWriter out, Object value) {
      writer.accept(out, type.cast(value));
    }

    @Override
    public Object read(ByteReader in) {
      return reader.apply(in);
    }
  }

  private Scalars() {}

  static Map<Class<?>, ValueCodec> all() {
    return Map.copyOf(ALL);
  }

  static boolean flag(ByteReader in, String expected) {
    int flag = in.u8(expected);
    if (flag > 1) {
      throw in.wrong(Integer.toString(flag), expected);
    }
    return flag == 1;
  }

  private static void numbers() {
    both(
        byte.class,
        Byte.class,
        (out, v) -> out.signed(v),
        in -> (byte) in.signed(Byte.MIN_VALUE, Byte.MAX_VALUE, "a byte"));
    both(
        short.class,
        Short.class,
        (out, v) -> out.signed(v),
        in -> (short) in.signed(Short.MIN_VALUE, Short.MAX_VALUE, "a short"));
    both(
        int.class,
        Integer.class,
        (out, v) -> out.signed(v),
        in -> (int) in.signed(Integer.MIN_VALUE, Integer.MAX_VALUE, "an int"));
    both(long.class, Long.class, (out, v) -> out.signed(v), in -> in.signed("a long"));
    both(
        float.class,
        Float.class,
        (out, v) -> out.fixed32(Float.floatToRawIntBits(v)),
        in -> Float.intBitsToFloat(in.fixed32("a float")));
    both(
        double.class,
        Double.class,
        (out, v) -> out.fixed64(Double.doubleToRawLongBits(v)),
        in -> Double.longBitsToDouble(in.fixed64("a double")));
  }

  private static <T> void both(
      Class<?> primitive,
      Class<T> box,
      BiConsumer<ByteWriter, T> writer,
      Function<ByteReader, T> reader) {
    one(box, writer, reader);
    ALL.put(primitive, new Scalar<>(box, writer, reader));
  }

  private static <T> void one(
      Class<T> type, BiConsumer<ByteWriter, T> writer, Function<ByteReader, T> reader) {
    ALL.put(type, new Scalar<>(type, writer, reader));
  }

  private static char character(ByteReader in) {
    long value = in.unsigned("a char");
    if (value < 0 || value > Character.MAX_VALUE) {
      throw in.wrong(Long.toUnsignedString(value), "a char");
    }
    return (char) value;
  }

  private static void bytes(ByteWriter out, byte[] value) {
    out.unsigned(value.length);
    out.raw(value);
  }

  private static void uuid(ByteWriter out, UUID value) {
    out.fixed64(value.getMostSignificantBits());
    out.fixed64(value.getLeastSignificantBits());
  }

  private static UUID uuid(ByteReader in) {
    long high = in.fixed64("a UUID");
    return new UUID(high, in.fixed64("a UUID"));
  }

  private static void instant(ByteWriter out, Instant value) {
    out.signed(value.getEpochSecond());
    out.unsigned(value.getNano());
  }

  private static Instant instant(ByteReader in) {
    long seconds = in.signed("seconds of an Instant");
    try {
      return Instant.ofEpochSecond(seconds, nanos(in));
    } catch (DateTimeException e) {
      throw in.wrong(Long.toString(seconds), "seconds of an Instant");
    }
  }

  private static void duration(ByteWriter out, Duration value) {
    out.signed(value.getSeconds());
    out.unsigned(value.getNano());
  }

  private static Duration duration(ByteReader in) {
    long seconds = in.signed("seconds of a Duration");
    return Duration.ofSeconds(seconds, nanos(in));
  }

  private static long nanos(ByteReader in) {
    long nanos = in.unsigned("nanoseconds");
    if (nanos < 0 || nanos > 999_999_999) {
      throw in.wrong(Long.toUnsignedString(nanos), "nanoseconds, 0 to 999999999");
    }
    return nanos;
  }
}
