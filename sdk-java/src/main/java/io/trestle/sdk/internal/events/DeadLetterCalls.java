package io.trestle.sdk.internal.events;

import com.google.protobuf.Message;
import io.trestle.protocol.Methods;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.v1.DlqEntry;
import io.trestle.protocol.v1.ListDlqRequest;
import io.trestle.protocol.v1.ListDlqResponse;
import io.trestle.protocol.v1.ReplayDlqRequest;
import io.trestle.protocol.v1.ReplayDlqResponse;
import io.trestle.protocol.wire.PinnedChannel;
import io.trestle.sdk.DeadLetters;
import io.trestle.sdk.StateException;
import io.trestle.sdk.internal.wire.Failures;
import io.trestle.sdk.internal.wire.RuntimeCalls;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/** Asks the runtime for dead letters; one attempt each, which may take 30 s. */
final class DeadLetterCalls implements DeadLetterBox {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final PinnedChannel channel;

  DeadLetterCalls(PinnedChannel channel) {
    this.channel = channel;
  }

  @Override
  public CompletableFuture<DeadLetters.Page> list(int limit, String cursor) {
    ListDlqRequest request = ListDlqRequest.newBuilder().setLimit(limit).setCursor(cursor).build();
    return call(Methods.EVENTS_LIST_DLQ, request).thenApply(DeadLetterCalls::page);
  }

  @Override
  public CompletableFuture<String> replay(String eventId) {
    ReplayDlqRequest request = ReplayDlqRequest.newBuilder().setEventId(eventId).build();
    return call(Methods.EVENTS_REPLAY_DLQ, request).thenApply(ReplayDlqResponse::getEventId);
  }

  private <Q extends Message, R extends Message> CompletableFuture<R> call(
      RpcMethod<Q, R> method, Q request) {
    CompletableFuture<R> answer = new CompletableFuture<>();
    try {
      channel
          .lane()
          .execute(
              () ->
                  RuntimeCalls.unary(
                      channel,
                      method,
                      request,
                      TIMEOUT,
                      answer::complete,
                      status -> answer.completeExceptionally(Failures.of(status, "dead letters"))));
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(new StateException("the bridge has ended", e));
    }
    return answer;
  }

  private static DeadLetters.Page page(ListDlqResponse response) {
    return new DeadLetters.Page(
        response.getEntriesList().stream().map(DeadLetterCalls::entry).toList(),
        response.getNextCursor());
  }

  private static DeadLetters.DeadLetter entry(DlqEntry entry) {
    return new DeadLetters.DeadLetter(
        entry.getEventId(),
        entry.getEventName(),
        entry.getReason(),
        entry.getLastError(),
        Instant.ofEpochMilli(entry.getDlqAtUnixMs()),
        entry.getTotalAttempts(),
        entry.getReplayCount());
  }
}
