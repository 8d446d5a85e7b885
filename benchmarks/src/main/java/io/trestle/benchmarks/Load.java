package io.trestle.benchmarks;

/**
 * What one operation of {@code bench rpc} moves: an echo of a payload, or a stream of chunks.
 *
 * @param chunks how many the answer is made of; 0 for an echo
 */
record Load(Size size, int chunks) {
  /** An echo. */
  static Load echo(Size size) {
    return new Load(size, 0);
  }

  @Override
  public String toString() {
    return chunks == 0 ? size.toString() : "stream " + chunks + "x" + size;
  }
}
