package io.trestle.events.core;

/**
 * What a {@link Dispatcher} has decided. Called during a call of the dispatcher, on its thread;
 * must not call it back from there.
 */
public interface DispatchActions<E> {
  /** Send this to its stream. */
  void handOut(Handout<E> handout);

  /** Store this state of an unfinished delivery; a later one of the same position replaces it. */
  void store(long position, Trouble trouble);

  /**
   * Store a dead letter, then say {@link Dispatcher#buried}. Until then the position is unfinished
   * and holds its lane.
   */
  void bury(Burial<E> burial);

  /** Bring the event of this position into memory, then say {@link Dispatcher#fetched}. */
  void fetch(long position);
}
