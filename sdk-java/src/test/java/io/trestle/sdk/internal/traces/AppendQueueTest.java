package io.trestle.sdk.internal.traces;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.trestle.protocol.ext.v1.AppendMessage;
import io.trestle.protocol.ext.v1.End;
import io.trestle.sdk.internal.traces.AppendQueue.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AppendQueueTest {
  private final AppendQueue queue = new AppendQueue(1);
  private final List<CompletableFuture<Long>> waiting = new ArrayList<>();

  private void chunk(String key, boolean online) {
    CompletableFuture<Long> stored = new CompletableFuture<>();
    waiting.add(stored);
    queue.add(
        AppendMessage.newBuilder().setKey(key).setDataJson(ByteString.copyFromUtf8("1")),
        stored,
        online);
  }

  private void end() {
    queue.add(AppendMessage.newBuilder().setEnd(End.getDefaultInstance()), null, false);
  }

  private List<AppendMessage> messages(int most) {
    return queue.take(most).stream().map(Entry::message).toList();
  }

  @Test
  void messages_areTakenOnce_inOrder_andAgainAfterALoss() {
    chunk("a", true);
    chunk("b", true);
    chunk("a", true);
    assertThat(messages(2)).extracting(AppendMessage::getClientSeq).containsExactly(1L, 2L);
    assertThat(messages(2)).isEmpty();
    assertThat(queue.stored(1)).isNotNull();
    assertThat(queue.stored(1)).isNull();
    assertThat(messages(2)).extracting(AppendMessage::getClientSeq).containsExactly(3L);

    queue.lost();

    assertThat(messages(9)).extracting(AppendMessage::getClientSeq).containsExactly(2L, 3L);
  }

  @Test
  void overflow_makesOneGapOfEachLane_whereItsFirstChunkStood() {
    chunk("a", false);
    chunk("b", false);
    for (int i = 2; i < AppendQueue.OFFLINE + 5; i++) {
      chunk("a", false);
    }
    assertThat(queue.takeRefused()).hasSize(7).startsWith(waiting.get(0));
    assertThat(queue.size()).isEqualTo(AppendQueue.OFFLINE);
    List<AppendMessage> kept = messages(5_000);
    assertThat(kept.get(0).getKey()).isEqualTo("a");
    assertThat(kept.get(0).getGap().getDropped()).isEqualTo(6);
    assertThat(kept.get(1).getKey()).isEqualTo("b");
    assertThat(kept.get(1).getGap().getDropped()).isEqualTo(1);
    assertThat(kept.subList(2, kept.size())).allMatch(AppendMessage::hasDataJson);
    assertThat(kept).extracting(AppendMessage::getClientSeq).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void whatIsOnItsWay_andEnds_areNotGivenUp() {
    chunk("a", true);
    end();
    assertThat(queue.take(1)).hasSize(1);
    for (int i = 0; i < AppendQueue.OFFLINE; i++) {
      chunk("a", false);
    }
    List<AppendMessage> rest = messages(5_000);
    assertThat(queue.stored(1)).isNotNull();
    assertThat(rest.get(0).hasEnd()).isTrue();
    assertThat(rest.get(1).hasGap()).isTrue();
  }

  @Test
  void refusal_givesUpOnlyWhatIsRefused_foundOneByOne() {
    chunk("a", true);
    chunk("bad", true);
    end();
    assertThat(messages(9)).hasSize(3);
    queue.refuseFlying();
    queue.lost();
    chunk("c", true);
    assertThat(queue.takeRefused()).isEmpty();

    assertThat(messages(9)).extracting(AppendMessage::getClientSeq).containsExactly(1L);
    assertThat(messages(9)).isEmpty();
    assertThat(queue.stored(1)).isSameAs(waiting.get(0));
    assertThat(messages(9)).extracting(AppendMessage::getClientSeq).containsExactly(2L);
    queue.refuseFlying();
    queue.lost();

    assertThat(queue.takeRefused()).containsExactly(waiting.get(1));
    assertThat(messages(9)).extracting(AppendMessage::getClientSeq).containsExactly(3L);
    assertThat(queue.stored(3)).isNull();
    assertThat(messages(9)).extracting(AppendMessage::getClientSeq).containsExactly(4L);
  }

  @Test
  void moreAreKept_withAStream_andTheRestIsGivenUpWhenItIsLost() {
    for (int i = 0; i < 3_000; i++) {
      chunk("a", true);
    }
    assertThat(queue.takeRefused()).isEmpty();
    queue.lost();
    assertThat(queue.takeRefused()).hasSize(2_001);
    assertThat(messages(5_000).get(0).getGap().getDropped()).isEqualTo(2_001);
  }
}
