package io.trestle.conversations.codec;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Records that may not travel, one for each reason. */
public final class UnfitRecords {
  private UnfitRecords() {}

  public record LiveObject(int id, InputStream stream) {}

  public record Promise(CompletionStage<String> later) {}

  public record Anything(Object value) {}

  public record MutableDate(Date at) {}

  public record ConcreteList(ArrayList<String> list) {}

  public record ObjectArray(String[] texts) {}

  @SuppressWarnings("rawtypes")
  public record RawList(List list) {}

  public record Unbounded(List<?> list) {}

  public record Generic<T>(T value) {}

  public record DeepInside(Map<String, List<Nested>> nested) {
    public record Nested(Thread thread) {}
  }

  public record ByteKeys(Set<byte[]> keys) {}

  public record OpenChoice(Choice choice) {
    public sealed interface Choice {}

    public static final class NotARecord implements Choice {}
  }

  /** Loses what it was given: it survives encoding but not the comparison. */
  public record Forgetful(List<String> texts) {
    private static int made;

    public Forgetful {
      texts = ++made % 2 == 0 ? List.of() : List.copyOf(texts);
    }
  }
}
