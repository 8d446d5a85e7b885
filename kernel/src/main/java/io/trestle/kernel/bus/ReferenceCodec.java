package io.trestle.kernel.bus;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;

/** Hands a value over as it is. It never meets the network: everything on the bus is local. */
final class ReferenceCodec implements MessageCodec<Object, Object> {
  @Override
  public void encodeToWire(Buffer buffer, Object value) {
    throw new UnsupportedOperationException("the bus is local");
  }

  @Override
  public Object decodeFromWire(int position, Buffer buffer) {
    throw new UnsupportedOperationException("the bus is local");
  }

  @Override
  public Object transform(Object value) {
    return value;
  }

  @Override
  public String name() {
    return "trestle-reference";
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
