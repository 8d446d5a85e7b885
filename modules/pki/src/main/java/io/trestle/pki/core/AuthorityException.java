package io.trestle.pki.core;

/** The stored authority cannot be used; the start is refused with this message. */
public final class AuthorityException extends RuntimeException {
  /** Names the row, what is wrong with it and what to do. */
  public AuthorityException(String message) {
    super(message);
  }
}
