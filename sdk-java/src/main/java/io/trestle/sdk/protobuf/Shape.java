package io.trestle.sdk.protobuf;

import com.google.protobuf.Message;

/** How a message looks in Java: as a map or as a record. */
interface Shape {

  /**
   * Fills a message.
   *
   * @param depth how many messages are around it
   */
  void write(Object value, Message.Builder to, int depth) throws Misfit;

  /** What a message holds. */
  Object read(Message from, Budget budget) throws Misfit;
}
