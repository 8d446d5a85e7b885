package io.trestle.rpc.core;

import com.google.protobuf.ByteString;
import java.util.Optional;
import java.util.UUID;

/** What a call with an idempotency key has to do after it tried to claim it. */
public sealed interface Look {
  /** The key is ours: forward the call. {@code takenFrom} is a claim whose lease had ended. */
  record Run(Optional<UUID> takenFrom) implements Look {}

  /** Answer with the reply of an earlier call. */
  record Replay(ByteString reply, ByteString payloadHash) implements Look {}

  /** Refuse: the key belongs to another payload. */
  record Mismatch() implements Look {}

  /** Another call has it; its lease ends then, in unix milliseconds. */
  record Wait(long untilMillis) implements Look {}

  /** Nobody has it any more: claim again. */
  record Vacant() implements Look {}
}
