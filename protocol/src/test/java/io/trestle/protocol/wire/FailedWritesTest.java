package io.trestle.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2LifecycleManager;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who ends what when something goes wrong on a connection. */
class FailedWritesTest {
  private final List<String> heard = new ArrayList<>();
  private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
  private final ChannelHandlerContext ctx = channel.pipeline().firstContext();
  private final FailedWrites writes =
      new FailedWrites(
          (Http2LifecycleManager)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {Http2LifecycleManager.class},
                  (proxy, method, arguments) -> {
                    heard.add(method.getName());
                    return null;
                  }));

  @Test
  void write_thatFails_endsTheConnection_andIsNotLeftToVertx() {
    writes.onError(ctx, true, new IOException("broken pipe"));

    assertThat(channel.isOpen()).isFalse();
    assertThat(heard).isEmpty();
  }

  @Test
  void limitOfWhatIsWrittenUnread_endsTheConnection() {
    writes.onError(ctx, true, Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "many"));

    assertThat(channel.isOpen()).isFalse();
    assertThat(heard).isEmpty();
  }

  @Test
  void errorOfOneStream_andWhatWasReceived_isForTheHandler() {
    writes.onError(ctx, true, Http2Exception.streamError(3, Http2Error.STREAM_CLOSED, "closed"));
    writes.onError(ctx, false, Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "odd"));

    assertThat(channel.isOpen()).isTrue();
    assertThat(heard).containsExactly("onError", "onError");
  }
}
