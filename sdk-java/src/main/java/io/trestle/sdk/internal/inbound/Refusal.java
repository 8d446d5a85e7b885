package io.trestle.sdk.internal.inbound;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;
import io.trestle.protocol.wire.WireStream;

/** Answers what is no call of ours when its headers are there, and reads nothing further. */
final class Refusal implements WireStream.Listener {
  private final WireStream stream;
  private final Http2Headers answer;

  private Refusal(WireStream stream, Http2Headers answer) {
    this.stream = stream;
    this.answer = answer;
  }

  static WireStream.Listener of(WireStream stream, Http2Headers answer) {
    return new Refusal(stream, answer);
  }

  @Override
  public void onHeaders(Http2Headers headers, boolean end) {
    stream.headers(answer, true);
    stream.finish();
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    // It was answered.
  }

  @Override
  public void onReset(long code) {
    // It was answered.
  }

  @Override
  public void onLost() {
    // It was answered.
  }
}
