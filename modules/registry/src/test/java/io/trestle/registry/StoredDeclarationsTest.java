package io.trestle.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class StoredDeclarationsTest {
  private static final UUID INSTANCE = UUID.randomUUID();
  private static final byte[] A = {1};
  private static final byte[] B = {2};

  private final StoredDeclarations stored = new StoredDeclarations();
  private final List<Promise<Void>> writes = new ArrayList<>();

  private Future<Void> store(byte[] fingerprint) {
    return stored.store(
        INSTANCE,
        fingerprint.clone(),
        () -> {
          Promise<Void> write = Promise.promise();
          writes.add(write);
          return write.future();
        });
  }

  @Test
  void store_unchanged_isAnsweredWithoutAWrite() {
    stored.load(new RegistryStore.Stored(INSTANCE, 1, A));

    assertThat(store(A).succeeded()).isTrue();
    assertThat(writes).isEmpty();
  }

  @Test
  void store_sameWhileUnderWay_waitsForThatWrite() {
    Future<Void> first = store(A);
    Future<Void> second = store(A);

    assertThat(writes).hasSize(1);
    assertThat(second.isComplete()).isFalse();
    writes.get(0).complete();
    assertThat(first.succeeded()).isTrue();
    assertThat(second.succeeded()).isTrue();
  }

  @Test
  void store_thereAndBackAgain_isWrittenEachTime() {
    store(A);
    store(B);
    store(A);

    assertThat(writes).hasSize(3);
  }

  @Test
  void store_afterAFailure_isWrittenAgain() {
    store(A);
    writes.get(0).fail("away");

    store(A);

    assertThat(writes).hasSize(2);
  }
}
