package io.trestle.events;

import io.trestle.conversations.EventTokens.Check;
import io.trestle.conversations.EventTokens.Checked;
import io.trestle.conversations.EventTokens.Create;
import io.trestle.conversations.EventTokens.Created;
import io.trestle.conversations.EventTokens.ListTokens;
import io.trestle.conversations.EventTokens.Revoke;
import io.trestle.conversations.EventTokens.Scope;
import io.trestle.conversations.EventTokens.Token;
import io.trestle.conversations.EventTokens.Tokens;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.events.TokenStore.Row;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tokens for events over HTTP. 32 random bytes, stored as SHA-256; all that are valid are in
 * memory, found by digest and compared in constant time. What is made or revoked takes effect after
 * its commit. A token never changes: for another scope there is another token. Thread: the owner's
 * event loop.
 */
final class TokenDesk {
  /** What a token begins with, so that people and scanners know it. */
  static final String PREFIX = "sbev_";

  private static final Logger LOG = LoggerFactory.getLogger(TokenDesk.class);
  private static final int BYTES = 32;
  private static final int MAX_OF_A_SERVICE = 100;

  private final EventsHouse house;
  private final TokenStore store;
  private final SecureRandom random = new SecureRandom();
  private final Map<Buffer, Row> live = new LinkedHashMap<>();
  private final Set<UUID> ids = new HashSet<>();
  private Consumer<Set<UUID>> revoked = tokens -> {};

  TokenDesk(EventsHouse house, TokenStore store) {
    this.house = house;
    this.store = store;
  }

  /** Tells which tokens are revoked, in the turn in which they are. */
  void onRevoked(Consumer<Set<UUID>> listener) {
    revoked = listener;
  }

  /** Whether a token is valid, as far as it goes. */
  boolean isLive(UUID id) {
    return ids.contains(id);
  }

  Future<Void> load() {
    return store.live().onSuccess(rows -> rows.forEach(this::add)).mapEmpty();
  }

  private void add(Row row) {
    live.put(row.digest(), row);
    ids.add(row.id());
  }

  private void remove(List<Row> rows) {
    Set<UUID> gone = rows.stream().map(Row::id).collect(Collectors.toSet());
    rows.forEach(row -> live.remove(row.digest()));
    ids.removeAll(gone);
    revoked.accept(gone);
  }

  static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  Future<Created> create(Create q) {
    EventGates.Service service = ConsumerDesk.known(house.gates(), q.service());
    if (!service.active()) {
      throw Refused.of(Reason.PRECONDITION, "service: " + service.name() + " is revoked");
    }
    if (of(service.id(), null).size() >= MAX_OF_A_SERVICE) {
      throw Refused.of(
          Reason.PRECONDITION,
          "tokens of " + service.name() + ": " + MAX_OF_A_SERVICE + " (expected: fewer)");
    }
    byte[] secret = new byte[BYTES];
    random.nextBytes(secret);
    String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    Row row =
        new Row(
            house.context().ids().next(),
            service.id(),
            Buffer.buffer(digest(token)),
            q.scope(),
            house.now());
    return store
        .add(row)
        .map(
            v -> {
              add(row);
              LOG.info(
                  "http token made id={} service={} scope={}",
                  row.id(),
                  service.name(),
                  row.scope().text());
              return new Created(shown(row), token);
            })
        .recover(LetterDesk::refusal);
  }

  Future<Tokens> list(ListTokens q) {
    UUID only = q.service().isEmpty() ? null : ConsumerDesk.service(house.gates(), q.service());
    return Future.succeededFuture(new Tokens(of(only, null).stream().map(this::shown).toList()));
  }

  Future<Tokens> revoke(Revoke q) {
    UUID service = ConsumerDesk.service(house.gates(), q.service());
    List<Row> rows = of(service, q.id().isEmpty() ? null : q.id());
    if (rows.isEmpty() && !q.id().isEmpty()) {
      throw Refused.of(
          Reason.NOT_FOUND,
          "id: "
              + ConsumerDesk.clip(q.id())
              + " (expected: that of a valid token of "
              + house.gates().name(service)
              + ")");
    }
    return store
        .revoke(rows.stream().map(Row::id).toList(), house.now())
        .map(
            v -> {
              remove(rows);
              rows.forEach(row -> LOG.info("http token revoked id={}", row.id()));
              return new Tokens(rows.stream().map(this::shown).toList());
            })
        .recover(LetterDesk::refusal);
  }

  Future<Checked> check(Check q) {
    Row row = live.get(Buffer.buffer(q.digest()));
    if (row == null
        || !MessageDigest.isEqual(row.digest().getBytes(), q.digest())
        || !house.gates().isActive(row.service())) {
      throw Refused.of(
          Reason.UNAUTHENTICATED,
          "Authorization: missing or wrong (expected: Bearer and a token of ./trestle events token"
              + " create)");
    }
    if (!row.scope().allows(q.needed())) {
      throw Refused.of(
          Reason.DENIED,
          "scope of the token: %s (expected: %s or %s)"
              .formatted(row.scope().text(), q.needed().text(), Scope.BOTH.text()));
    }
    return Future.succeededFuture(new Checked(row.id(), row.service()));
  }

  private List<Row> of(@Nullable UUID service, @Nullable String id) {
    return live.values().stream()
        .filter(row -> service == null || row.service().equals(service))
        .filter(row -> id == null || row.id().toString().equalsIgnoreCase(id))
        .toList();
  }

  private Token shown(Row row) {
    return new Token(
        row.id(), row.service(), house.gates().name(row.service()), row.scope(), row.createdAt());
  }
}
