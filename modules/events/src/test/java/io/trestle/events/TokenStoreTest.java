package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.EventTokens.Scope;
import io.trestle.events.TokenStore.Row;
import io.trestle.kernel.TestPostgres;
import io.trestle.kernel.TestStage;
import io.trestle.kernel.database.DirectWrites;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tokens as they are stored. */
class TokenStoreTest {
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() {
    TestStage.await(vertx.close());
  }

  private static String script(String name) {
    String resource = "/db/events/" + name + ".sql";
    try (InputStream in = TokenStoreTest.class.getResourceAsStream(resource)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void tokenFromBeforeScopes_keepsBoth_andNewOnesHaveWhatIsSaid() {
    PgConnectOptions place =
        TestPostgres.newDatabase(
            script("V1__events"),
            script("V2__operators"),
            "INSERT INTO event_http_tokens VALUES"
                + " (gen_random_uuid(), gen_random_uuid(), sha256('x'), 1, NULL)",
            script("V5__token_scope"));
    Pool pool = PgBuilder.pool().connectingTo(place).using(vertx).build();
    TokenStore store = new TokenStore(pool, DirectWrites.unfenced(pool));
    long at = 1;
    for (Scope scope : Scope.values()) {
      Buffer digest = Buffer.buffer(scope.text());
      at++;
      TestStage.await(store.add(new Row(UUID.randomUUID(), UUID.randomUUID(), digest, scope, at)));
    }

    List<Row> live = TestStage.await(store.live());
    assertThat(live)
        .extracting(Row::scope)
        .containsExactly(Scope.BOTH, Scope.PUBLISH, Scope.SUBSCRIBE, Scope.BOTH);
    TestStage.await(store.revoke(List.of(live.get(0).id(), live.get(3).id()), 9));
    assertThat(TestStage.await(store.live()))
        .extracting(Row::scope)
        .containsExactly(Scope.PUBLISH, Scope.SUBSCRIBE);
  }
}
