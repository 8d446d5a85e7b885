package io.trestle.events.core;

/** The unfinished deliveries of one partition key, oldest arrival first. */
final class Lane<E> {
  final String key;

  /** Of the key; with that of an instance it decides where the lane goes. */
  final long hash;

  final Chain<Entry<E>> entries = new Chain<>(Entry.LANE);

  Lane(String key) {
    this.key = key;
    this.hash = Choice.hash(key);
  }

  boolean isHead(Entry<E> entry) {
    return entries.first() == entry;
  }
}
