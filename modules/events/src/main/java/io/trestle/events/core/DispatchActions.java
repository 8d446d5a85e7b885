package io.trestle.events.core;

/**
 * What a {@link Dispatcher} has decided. Called during a call of the dispatcher, on its thread;
 * must not call it back from there.
 */
public interface DispatchActions<E> {
  /** Send this to its stream. */
  void handOut(Handout<E> handout);

  /** The delivery is done (T2): progress has to be stored. */
  void finished(long position);

  /** Store this state of an unfinished delivery; a later one of the same position replaces it. */
  void store(long position, Trouble trouble);

  /** It did not reach anybody and is not out any more; nothing of its state has changed. */
  void unsent(long position);

  /**
   * Store a dead letter, then say {@link Dispatcher#buried}. Until then the position is unfinished
   * and holds its lane.
   */
  void bury(Burial<E> burial);

  /**
   * Bring the event of this position into memory, then say {@link Dispatcher#fetched}, or {@link
   * Dispatcher#missing} if it does not exist. Asked once: the owner repeats it if it fails.
   */
  void fetch(long position);

  /** {@link Dispatcher#room} was 0 because of other consumers, and is more now. */
  default void vacant() {}
}
