package io.trestle.conversations;

import java.util.List;
import java.util.UUID;

/**
 * Streams of chunks, one to a trace: written by handlers, watched by services and operators.
 * Answered by the traces module.
 */
public final class TraceStreams {
  /** A word of a writer; answered after the commit. OVERLOADED beyond a bound, INVALID if bad. */
  public static final Conversation<Append, Appended> APPEND =
      new Conversation<>("traces.append", Append.class, Appended.class);

  /** The stream by which an instance wrote is gone, and its writers with it. */
  public static final Conversation<WritersGone, Heard> WRITERS_GONE =
      new Conversation<>("traces.writers.gone", WritersGone.class, Heard.class);

  /** Begins a watch, whose items come under its key. OVERLOADED for one too many. */
  public static final Conversation<Watch, Heard> WATCH =
      new Conversation<>("traces.watch", Watch.class, Heard.class);

  /** To the watcher, under the key of the watch. */
  public static final Conversation<Items, Heard> DELIVER =
      new Conversation<>("traces.deliver", Items.class, Heard.class);

  /** The watcher has got rid of what was delivered, and takes more. */
  public static final Conversation<Taken, Heard> TAKEN =
      new Conversation<>("traces.taken", Taken.class, Heard.class);

  /** Ends a watch. */
  public static final Conversation<Unwatch, Heard> UNWATCH =
      new Conversation<>("traces.unwatch", Unwatch.class, Heard.class);

  /**
   * The root operation of a trace ended; answered after the commit. For whoever knows operations:
   * until then the ends that writers tell stand for it.
   */
  public static final Conversation<RootEnded, Heard> ROOT_ENDED =
      new Conversation<>("traces.root.ended", RootEnded.class, Heard.class);

  private TraceStreams() {}

  public record Heard() {}

  /** {@code stream} is that of the gRPC call, {@code writer} a number of the instance. */
  public record Append(
      UUID stream,
      UUID serviceId,
      UUID instanceId,
      UUID traceId,
      long writer,
      long clientSeq,
      Word word) {}

  /** What a writer says. */
  public sealed interface Word {}

  /** A chunk. The array must not be changed. */
  public record Chunk(String key, byte[] json) implements Word {}

  /** Chunks of a key were given up before this place. */
  public record Gap(String key, long dropped) implements Word {}

  public record Opened() implements Word {}

  public record Ended(String status) implements Word {}

  /** {@code sequence} is 0 when nothing was to be stored. */
  public record Appended(long sequence) {}

  public record WritersGone(UUID stream) {}

  /** {@code key} is empty for all; {@code after} is the last sequence that is not wanted. */
  public record Watch(UUID watch, UUID instanceId, UUID traceId, String key, long after) {}

  /**
   * A part of what is watched.
   *
   * @param status how it ended; empty when it goes on
   */
  public record Items(List<Item> items, String status) {}

  /** {@code json} is empty for a gap, {@code dropped} 0 for a chunk. */
  public record Item(long sequence, String key, byte[] json, long dropped) {}

  public record Taken(UUID watch) {}

  public record Unwatch(UUID watch) {}

  public record RootEnded(UUID traceId, String status) {}
}
