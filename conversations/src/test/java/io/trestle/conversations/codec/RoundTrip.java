package io.trestle.conversations.codec;

/** What every conversation record must pass: random values of it survive the journey. */
public final class RoundTrip {
  private static final int SAMPLES = 100;

  private RoundTrip() {}

  /** Fails with the record and the reason when it may not travel or does not survive it. */
  public static <T> void check(Class<T> type) {
    RecordCodec<T> codec = RecordCodec.of(type);
    for (int seed = 0; seed < SAMPLES; seed++) {
      T sample = new RecordSamples(seed).sample(type);
      T arrived = codec.decode(codec.encode(sample));
      if (!SameContent.of(sample, arrived)) {
        throw new AssertionError(type.getName() + ": sent " + sample + ", arrived " + arrived);
      }
    }
  }
}
