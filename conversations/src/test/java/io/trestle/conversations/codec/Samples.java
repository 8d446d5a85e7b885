package io.trestle.conversations.codec;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Records of every shape that may travel. */
final class Samples {
  private Samples() {}

  enum Level {
    LOW,
    HIGH {
      @Override
      boolean above() {
        return true;
      }
    };

    boolean above() {
      return false;
    }
  }

  record Empty() {}

  record Primitives(boolean flag, byte b, short s, char c, int i, long l, float f, double d) {}

  record Boxes(
      @Nullable Boolean flag,
      Byte b,
      Short s,
      @Nullable Character c,
      Integer i,
      @Nullable Long l,
      Float f,
      Double d) {}

  record Scalars(
      String text,
      @Nullable String note,
      byte[] bytes,
      byte @Nullable [] maybe,
      UUID id,
      Instant at,
      Duration took,
      Level level) {}

  record Containers(
      List<String> texts,
      List<@Nullable Integer> gaps,
      List<? extends Shape> wild,
      Set<UUID> ids,
      Map<String, List<byte[]>> map,
      @Nullable Map<Level, @Nullable Empty> sparse,
      Optional<Empty> empty,
      Optional<List<Optional<Long>>> nested) {}

  sealed interface Shape permits Shape.Round, Shape.Flat, Unit {
    record Round(double radius) implements Shape {}

    sealed interface Flat extends Shape {
      record Square(int side) implements Flat {}

      record Group(List<Shape> shapes) implements Flat {}
    }
  }

  enum Unit implements Shape {
    POINT
  }

  record Tree(String name, List<Tree> children, @Nullable Tree twin) {}

  record Positive(int value) {
    Positive {
      if (value <= 0) {
        throw new IllegalArgumentException("value: " + value + " (expected: above 0)");
      }
    }
  }

  record Other(int value) {}

  static final List<Class<?>> ALL =
      List.of(
          Empty.class,
          Primitives.class,
          Boxes.class,
          Scalars.class,
          Containers.class,
          Shape.class,
          Tree.class,
          Positive.class);
}
