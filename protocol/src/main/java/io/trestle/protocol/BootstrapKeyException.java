package io.trestle.protocol;

/**
 * A text is not a bootstrap key: a configuration error, never worth a retry. The message says what
 * is wrong and quotes nothing of the key; there is no cause that could.
 */
public final class BootstrapKeyException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final Fault fault;

  BootstrapKeyException(Fault fault, String message) {
    super(message);
    this.fault = fault;
  }

  /** What is wrong. */
  public Fault fault() {
    return fault;
  }

  /** The part of a key that is at fault. */
  public enum Fault {
    /** It does not begin with {@code sb.}. */
    PREFIX("prefix"),
    /** It is a key of the 1.x generation. */
    GENERATION_1("prefix"),
    /** It is not base64url without padding. */
    ENCODING("encoding"),
    /** The bytes are not a payload. */
    PAYLOAD("payload"),
    /** The key id has the wrong length. */
    KEY_ID("key id"),
    /** The secret has the wrong length. */
    SECRET("secret"),
    /** The CA certificate is missing or unusable. */
    CA("CA certificate");

    private final String part;

    Fault(String part) {
      this.part = part;
    }

    String part() {
      return part;
    }
  }
}
