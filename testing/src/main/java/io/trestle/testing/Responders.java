package io.trestle.testing;

import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.internal.MemoryResponder;
import io.trestle.sdk.internal.call.MemoryCaller;
import io.trestle.sdk.internal.call.MemoryPeer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Who answers the calls of the bridge under test, and what it called. Any thread. */
final class Responders implements MemoryCaller.Directory {
  private final Map<String, MemoryResponder> byMethod = new ConcurrentHashMap<>();
  private final List<RecordedCall> calls = new ArrayList<>();

  void put(String service, String method, MemoryResponder responder) {
    byMethod.put(key(service, method), responder);
  }

  synchronized List<RecordedCall> calls() {
    return List.copyOf(calls);
  }

  synchronized void reset() {
    calls.clear();
    byMethod.clear();
  }

  @Override
  public MemoryPeer find(MemoryCaller.Call call) {
    record(call);
    String key = key(call.service(), call.method());
    @Nullable MemoryResponder responder = byMethod.get(key);
    if (responder == null) {
      throw new NoLiveInstanceException("rpc " + key + ": no responder");
    }
    if (!responder.contractHash().equals(call.contractHash())) {
      throw new NoLiveInstanceException(
          "rpc " + key + ": no responder matches the caller contract");
    }
    return responder.peer();
  }

  private synchronized void record(MemoryCaller.Call call) {
    calls.add(
        new RecordedCall(
            call.service(),
            call.method(),
            call.payload().clone(),
            call.options(),
            call.streaming()));
  }

  private static String key(String service, String method) {
    return service + "/" + method;
  }
}
