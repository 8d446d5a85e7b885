package io.trestle.pki.core;

/** A certificate request that is none. Expected and stackless. */
public final class MalformedRequestException extends Exception {
  MalformedRequestException(String message) {
    super(message, null, false, false);
  }
}
