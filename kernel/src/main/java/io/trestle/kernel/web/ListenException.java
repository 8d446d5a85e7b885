package io.trestle.kernel.web;

/** A listener cannot be bound. The message names the address, the setting, and what to do. */
public final class ListenException extends RuntimeException {
  ListenException(String message, Throwable cause) {
    super(message, cause);
  }
}
