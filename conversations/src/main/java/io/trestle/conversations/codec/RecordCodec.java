package io.trestle.conversations.codec;

/**
 * The byte form of one conversation: of a record class, or of a sealed interface of records.
 *
 * <p>Form: a version byte, four bytes of fingerprint, the value. The value carries no names and no
 * types: both sides have the same declaration, and the fingerprint (a checksum over names, types
 * and constants of everything that the record can hold) proves it. So a message of a kernel with
 * another declaration is refused with a clear word instead of being misread; there is no evolution
 * of records on the wire, because processes that share a bus run one version.
 *
 * <p>Rejected: Java serialization (runs strangers' code, follows any type); JSON (needs a rule for
 * every type anyway, and four times the bytes for what is mostly ids and byte arrays).
 *
 * <p>Decoding is strict. Truncated input, an unknown tag, a length beyond the input, a number that
 * is not in its shortest form and bytes after the end are a {@link CodecException}; nothing is
 * allocated for a length before that many bytes are known to be there. Lists, sets and maps come
 * back unmodifiable and in the sender's order.
 *
 * <p>Immutable and safe for any thread.
 *
 * @param <T> the record, or the sealed interface
 */
public final class RecordCodec<T> {
  private static final int VERSION = 1;

  private static final ClassValue<RecordCodec<?>> CODECS =
      new ClassValue<>() {
        @Override
        protected RecordCodec<?> computeValue(Class<?> type) {
          return new RecordCodec<>(type);
        }
      };

  private final Class<T> type;
  private final ValueCodec codec;
  private final int fingerprint;

  private RecordCodec(Class<T> type) {
    ShapeBuilder builder = new ShapeBuilder();
    this.type = type;
    this.codec = builder.root(type);
    this.fingerprint = builder.fingerprint();
  }

  /**
   * The codec of that class; built at the first call, then the same one.
   *
   * @throws IllegalArgumentException when something in it may not travel: which component of which
   *     record, and its type
   */
  @SuppressWarnings("unchecked") // the codec under a class is built from that class
  public static <T> RecordCodec<T> of(Class<T> type) {
    return (RecordCodec<T>) CODECS.get(type);
  }

  public Class<T> type() {
    return type;
  }

  /**
   * The byte form of the value.
   *
   * @throws CodecException when it holds a null that is not declared {@code @Nullable}, or records
   *     nested deeper than 64
   */
  public byte[] encode(T value) {
    ByteWriter out = new ByteWriter();
    out.u8(VERSION);
    out.fixed32(fingerprint);
    codec.write(out, value);
    return out.toBytes();
  }

  /**
   * The value of that byte form.
   *
   * @throws CodecException when the bytes are anything else: where, what is there, and what was
   *     expected
   */
  public T decode(byte[] bytes) {
    ByteReader in = new ByteReader(bytes);
    int version = in.u8("version " + VERSION);
    if (version != VERSION) {
      throw in.wrong("version " + version, "version " + VERSION);
    }
    int theirs = in.fixed32("a fingerprint");
    if (theirs != fingerprint) {
      throw in.wrong(
          "fingerprint %08x".formatted(theirs),
          "%08x of %s".formatted(fingerprint, type.getName()));
    }
    T value = type.cast(codec.read(in));
    in.end();
    return value;
  }
}
