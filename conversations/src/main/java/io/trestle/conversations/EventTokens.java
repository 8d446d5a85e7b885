package io.trestle.conversations;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Tokens with which programs publish and fetch events over HTTP as a service, without a
 * certificate. Each is good for what its scope says. Answered by the events module, which keeps
 * only digests. Where a service is named, its name means the active service of that name; the id is
 * taken as well. NOT_FOUND for an unknown one.
 */
public final class EventTokens {
  /** The instance in whose name events come over HTTP; no certificate ever has it. */
  public static final UUID PUBLISHER = new UUID(0x7000L, 0x8000_0000_0000_0002L);

  /** Makes a token. PRECONDITION for a revoked service or one that has too many. */
  public static final Conversation<Create, Created> CREATE =
      new Conversation<>("events.tokens.create", Create.class, Created.class);

  /** The tokens that are valid, without secrets, oldest first. */
  public static final Conversation<ListTokens, Tokens> LIST =
      new Conversation<>("events.tokens.list", ListTokens.class, Tokens.class);

  /** Revokes tokens of a service at once. */
  public static final Conversation<Revoke, Tokens> REVOKE =
      new Conversation<>("events.tokens.revoke", Revoke.class, Tokens.class);

  /**
   * Whose token this is. UNAUTHENTICATED for none of an active service, DENIED when its scope is
   * another.
   */
  public static final Conversation<Check, Checked> CHECK =
      new Conversation<>("events.tokens.check", Check.class, Checked.class);

  private EventTokens() {}

  /** What a token is good for. */
  public enum Scope {
    PUBLISH("publish"),
    SUBSCRIBE("subscribe"),
    BOTH("both");

    private final String text;

    Scope(String text) {
      this.text = text;
    }

    /** As people write it, and as it is stored. */
    public String text() {
      return text;
    }

    /** The scope of a text. */
    public static Optional<Scope> find(String text) {
      return Arrays.stream(values()).filter(scope -> scope.text.equals(text)).findFirst();
    }

    /** Whether a token of this scope is good for what needs the other one. */
    public boolean allows(Scope needed) {
      return this == BOTH || this == needed;
    }
  }

  public record Create(String service, Scope scope) {}

  /** The only time that {@code token} is shown. */
  public record Created(Token made, String token) {}

  /** One token without its secret. */
  public record Token(UUID id, UUID serviceId, String service, Scope scope, long createdAtMillis) {}

  /** {@code service} is empty for all. */
  public record ListTokens(String service) {}

  public record Tokens(List<Token> tokens) {}

  /** {@code id} is empty for all tokens of the service. */
  public record Revoke(String service, String id) {}

  /** SHA-256 of a token, and what it is to be good for; the array must not be changed. */
  public record Check(byte[] digest, Scope needed) {}

  public record Checked(UUID tokenId, UUID serviceId) {}
}
