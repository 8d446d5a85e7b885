package io.trestle.conversations.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.conversations.codec.Samples.Boxes;
import io.trestle.conversations.codec.Samples.Containers;
import io.trestle.conversations.codec.Samples.Empty;
import io.trestle.conversations.codec.Samples.Level;
import io.trestle.conversations.codec.Samples.Other;
import io.trestle.conversations.codec.Samples.Positive;
import io.trestle.conversations.codec.Samples.Shape;
import io.trestle.conversations.codec.Samples.Tree;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecordCodecTest {
  private static final int HEADER = 5;

  static List<Class<?>> samples() {
    return Samples.ALL;
  }

  @ParameterizedTest
  @MethodSource("samples")
  void record_ofEveryShape_roundTrips(Class<?> type) {
    RoundTrip.check(type);
  }

  @Property
  void text_anyCharacters_roundTrips(@ForAll String text, @ForAll char half, @ForAll byte[] bytes) {
    roundTrip(
        Samples.Scalars.class,
        new Samples.Scalars(
            text,
            text + half,
            bytes,
            null,
            UUID.randomUUID(),
            Instant.MIN,
            Duration.ZERO,
            Level.HIGH));
  }

  @Property
  void primitives_anyValue_roundTrips(
      @ForAll byte b,
      @ForAll short s,
      @ForAll char c,
      @ForAll int i,
      @ForAll long l,
      @ForAll double d) {
    Samples.Primitives sent = new Samples.Primitives(i > 0, b, s, c, i, l, (float) d, d);
    assertThat(roundTrip(Samples.Primitives.class, sent)).isEqualTo(sent);
  }

  @Property
  void record_anySeed_roundTrips(@ForAll long seed, @ForAll @IntRange(max = 7) int index) {
    check(Samples.ALL.get(index), seed);
  }

  private static <T> void check(Class<T> type, long seed) {
    roundTrip(type, new RecordSamples(seed).sample(type));
  }

  private static <T> T roundTrip(Class<T> type, T sent) {
    RecordCodec<T> codec = RecordCodec.of(type);
    T arrived = codec.decode(codec.encode(sent));
    assertThat(SameContent.of(sent, arrived)).as("%s arrived as %s", sent, arrived).isTrue();
    return arrived;
  }

  /** Either an exception of ours, or a value whose byte form is exactly these bytes. */
  @Property(tries = 5000)
  void decode_damagedBytes_isRefusedOrMeansWhatItSays(
      @ForAll @IntRange(max = 7) int index,
      @ForAll @IntRange(max = 50) int seed,
      @ForAll @Size(max = 3) List<Integer> places,
      @ForAll byte damage,
      @ForAll @IntRange(max = 3) int cut) {
    damage(Samples.ALL.get(index), seed, places, damage, cut);
  }

  private static <T> void damage(
      Class<T> type, int seed, List<Integer> places, byte damage, int cut) {
    RecordCodec<T> codec = RecordCodec.of(type);
    byte[] bytes = codec.encode(new RecordSamples(seed).sample(type));
    int body = bytes.length - HEADER;
    for (int place : places) {
      bytes[HEADER + Math.floorMod(place, body)] ^= damage;
    }
    decodeFreely(codec, Arrays.copyOf(bytes, bytes.length - Math.min(cut, body)));
  }

  @Property(tries = 5000)
  void decode_arbitraryBody_isRefusedOrMeansWhatItSays(
      @ForAll @IntRange(max = 7) int index, @ForAll byte[] body) {
    Class<?> type = Samples.ALL.get(index);
    byte[] bytes = Arrays.copyOf(header(type), HEADER + body.length);
    System.arraycopy(body, 0, bytes, HEADER, body.length);
    decodeFreely(RecordCodec.of(type), bytes);
    try {
      RecordCodec.of(type).decode(body);
    } catch (CodecException e) {
      assertThat(e).hasMessageContaining("expected:");
    }
  }

  private static <T> byte[] header(Class<T> type) {
    RecordCodec<T> codec = RecordCodec.of(type);
    return Arrays.copyOf(codec.encode(new RecordSamples(1).sample(type)), HEADER);
  }

  private static <T> void decodeFreely(RecordCodec<T> codec, byte[] bytes) {
    T value;
    try {
      value = codec.decode(bytes);
    } catch (CodecException e) {
      assertThat(e).hasMessageContaining("expected:");
      return;
    }
    assertThat(codec.encode(value)).isEqualTo(bytes);
  }

  @Test
  void decode_everyTruncation_isRefused() {
    RecordCodec<Containers> codec = RecordCodec.of(Containers.class);
    byte[] bytes = codec.encode(new RecordSamples(5).sample(Containers.class));
    for (int length = 0; length < bytes.length; length++) {
      byte[] shorter = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> codec.decode(shorter)).isInstanceOf(CodecException.class);
    }
    assertRefused(
        codec, Arrays.copyOf(bytes, bytes.length + 1), "1 more bytes (expected: the end)");
  }

  @Test
  void decode_lyingLength_isRefusedBeforeAnythingIsAllocated() {
    RecordCodec<Tree> codec = RecordCodec.of(Tree.class);
    byte[] bytes = codec.encode(new Tree("", List.of(), null));
    byte[] lie = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 7};
    assertRefused(codec, with(bytes, HEADER, lie), "end of input (expected: text of");
    assertRefused(
        codec,
        with(bytes, HEADER + 1, lie),
        "Tree.children: byte 11: 2147483647 where 0 bytes are left (expected: a size of a list)");
  }

  /** The bytes up to that place, then the others. */
  private static byte[] with(byte[] bytes, int place, byte... others) {
    byte[] result = Arrays.copyOf(bytes, place + others.length);
    System.arraycopy(others, 0, result, place, others.length);
    return result;
  }

  @Test
  void decode_wrongHeader_namesBothSides() {
    RecordCodec<Positive> codec = RecordCodec.of(Positive.class);
    byte[] bytes = codec.encode(new Positive(5));
    byte[] future = bytes.clone();
    future[0] = 9;
    assertRefused(codec, future, "version 9 (expected: version 1)");
    byte[] foreign = RecordCodec.of(Other.class).encode(new Other(5));
    assertRefused(codec, foreign, "of " + Positive.class.getName());
    assertRefused(codec, new byte[0], "byte 0: end of input (expected: version 1)");
  }

  @Test
  void decode_unknownTagsAndValues_areRefused() {
    RecordCodec<Shape> shapes = RecordCodec.of(Shape.class);
    byte[] unit = shapes.encode(Samples.Unit.POINT);
    assertRefused(shapes, with(unit, HEADER, (byte) 4), "choice 4 (expected: 0 to 3 of ");
    byte[] misspelt = unit.clone();
    misspelt[misspelt.length - 1] = 'X';
    assertRefused(shapes, misspelt, "(expected: one of [POINT])");
    RecordCodec<Positive> positive = RecordCodec.of(Positive.class);
    byte[] five = positive.encode(new Positive(5));
    assertRefused(positive, with(five, HEADER, (byte) 0), "refuses: value: 0 (expected: above 0)");
    assertRefused(positive, with(five, HEADER, (byte) 0x80, (byte) 0), "malformed number");
    RecordCodec<Empty> empty = RecordCodec.of(Empty.class);
    assertRefused(
        empty, with(empty.encode(new Empty()), HEADER, (byte) 1), "0 for an empty record");
  }

  private static void assertRefused(RecordCodec<?> codec, byte[] bytes, String reason) {
    assertThatThrownBy(() -> codec.decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void records_nestedWithoutEnd_areRefusedBothWays() {
    RecordCodec<Tree> codec = RecordCodec.of(Tree.class);
    Tree tree = new Tree("leaf", List.of(), null);
    for (int i = 1; i < 64; i++) {
      tree = new Tree("", List.of(), tree);
    }
    Tree deepest = tree;
    assertThat(codec.decode(codec.encode(deepest))).isEqualTo(deepest);
    Tree tooDeep = new Tree("", List.of(), deepest);
    assertThatThrownBy(() -> codec.encode(tooDeep))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("deeper than 64");
    byte[] bytes = new byte[100_000];
    Arrays.fill(bytes, (byte) 1);
    System.arraycopy(header(Tree.class), 0, bytes, 0, HEADER);
    for (int i = HEADER; i + 2 < bytes.length; i += 3) {
      bytes[i] = 0;
      bytes[i + 1] = 0;
    }
    assertRefused(codec, bytes, "at most 64");
  }

  @Test
  @SuppressWarnings("NullAway") // the fault under test
  void encode_nullThatIsNotDeclared_namesTheComponent() {
    RecordCodec<Boxes> codec = RecordCodec.of(Boxes.class);
    Boxes boxes = new Boxes(null, (byte) 1, (short) 1, null, null, null, 1f, 1d);
    assertThatThrownBy(() -> codec.encode(boxes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(Boxes.class.getName() + ".i: null");
    List<String> texts = new ArrayList<>();
    texts.add(null);
    RecordCodec<Containers> containers = RecordCodec.of(Containers.class);
    Containers holed =
        new Containers(
            texts,
            List.of(),
            List.of(),
            Set.of(),
            Map.of(),
            null,
            Optional.empty(),
            Optional.empty());
    assertThatThrownBy(() -> containers.encode(holed)).hasMessageContaining(".texts element: null");
  }

  @Test
  void of_sameClass_isBuiltOnce() {
    assertThat(RecordCodec.of(Tree.class)).isSameAs(RecordCodec.of(Tree.class));
    assertThat(RecordCodec.of(Tree.class).type()).isEqualTo(Tree.class);
  }

  @Test
  void of_whatMayNotTravel_namesComponentAndType() {
    assertUnfit(UnfitRecords.LiveObject.class, ".stream: java.io.InputStream may not travel");
    assertUnfit(
        UnfitRecords.Promise.class, "java.util.concurrent.CompletionStage<java.lang.String>");
    assertUnfit(UnfitRecords.Generic.class, "Generic: ");
    assertUnfit(UnfitRecords.DeepInside.class, "Nested.thread: java.lang.Thread may not travel");
    assertUnfit(UnfitRecords.ByteKeys.class, ".keys element: byte[]");
    assertUnfit(UnfitRecords.OpenChoice.class, "NotARecord may not travel");
    assertUnfit(UnfitRecords.ObjectArray.class, ".texts: java.lang.String[] may not travel");
    assertUnfit(String.class, "java.lang.String: neither a record nor");
  }

  private static void assertUnfit(Class<?> type, String reason) {
    assertThatThrownBy(() -> RecordCodec.of(type))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void decode_collections_areUnmodifiable() {
    Tree tree = roundTrip(Tree.class, new Tree("a", new ArrayList<>(), null));
    assertThat(tree.children()).isUnmodifiable();
  }

  @Test
  void encode_smallRecord_isCompact() {
    assertThat(RecordCodec.of(Positive.class).encode(new Positive(5))).hasSize(HEADER + 1);
    assertThat(RecordCodec.of(Tree.class).encode(new Tree("abc", List.of(), null)))
        .hasSize(HEADER + 6);
  }
}
