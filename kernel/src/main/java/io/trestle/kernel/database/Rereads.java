package io.trestle.kernel.database;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what is held in memory in step with rows. Somebody says which rows may have changed (a
 * notification, a poll, a procedure after its commit), and they are read again.
 *
 * <p>One read runs at a time; who asks meanwhile is served by the next, which reads for all of them
 * at once. So a read can never undo what a later commit did: a read that began before the commit is
 * over before the read for that commit begins. To apply a change directly after its commit would be
 * faster by one read and would lose exactly this.
 *
 * <p>What a read that failed was to read is read by the next one, whoever asks for it.
 *
 * @param <K> what rows are known by
 */
public final class Rereads<K> {
  private final Context context;
  private final Reader<K> reader;

  private final Set<K> dirty = new HashSet<>();
  private boolean allDirty;
  private boolean reading;
  private @Nullable Promise<Void> next;

  /** Reads rows and takes them over, on the context. */
  @FunctionalInterface
  public interface Reader<K> {
    /**
     * Reads.
     *
     * @param some the rows that were named
     * @param all whether all others may have changed too
     */
    Future<Void> read(Set<K> some, boolean all);
  }

  /**
   * Nothing is read before somebody asks.
   *
   * @param context where the reader is called and results arrive
   */
  public Rereads(Context context, Reader<K> reader) {
    this.context = context;
    this.reader = reader;
  }

  /** Anything may have changed. Completes when it was read, on the context. From any thread. */
  public Future<Void> all() {
    return ask(null);
  }

  /** A row may have changed. Completes when it was read, on the context. From any thread. */
  public Future<Void> one(K key) {
    return ask(key);
  }

  private Future<Void> ask(@Nullable K key) {
    Promise<Void> done = Promise.promise();
    context.runOnContext(nothing -> request(key).onComplete(done));
    return done.future();
  }

  private Future<Void> request(@Nullable K key) {
    if (key == null) {
      allDirty = true;
    } else {
      dirty.add(key);
    }
    Promise<Void> mine = next == null ? Promise.promise() : next;
    next = mine;
    if (!reading) {
      readNext();
    }
    return mine.future();
  }

  private void readNext() {
    Promise<Void> mine = next;
    next = null;
    reading = mine != null;
    if (mine == null) {
      return;
    }
    Set<K> some = Set.copyOf(dirty);
    boolean all = allDirty;
    dirty.clear();
    allDirty = false;
    read(some, all)
        .onComplete(
            result ->
                context.runOnContext(
                    nothing -> {
                      if (result.failed()) {
                        dirty.addAll(some);
                        allDirty |= all;
                      }
                      mine.handle(result);
                      readNext();
                    }));
  }

  private Future<Void> read(Set<K> some, boolean all) {
    try {
      return reader.read(some, all);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }
}
