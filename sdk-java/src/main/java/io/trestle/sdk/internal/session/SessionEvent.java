package io.trestle.sdk.internal.session;

import io.trestle.sdk.BridgeEvent;
import java.time.Instant;

/** What happens to a session. */
sealed interface SessionEvent {

  /** An event that carries a reason. */
  sealed interface Failing extends SessionEvent {
    SessionFailure failure();
  }

  /** The application starts. */
  record Start() implements SessionEvent {}

  /** A leaf was issued. */
  record Provisioned(Instant notAfter) implements SessionEvent {}

  /** No leaf was issued. */
  record ProvisionFailed(SessionFailure failure) implements Failing {}

  /** The Call server is bound, or there is to be none. */
  record Bound() implements SessionEvent {}

  /** The Call server cannot be bound. */
  record BindFailed(SessionFailure failure) implements Failing {}

  /** The runtime welcomed this instance. */
  record Welcomed(BridgeEvent.Connected welcome) implements SessionEvent {}

  /** The welcome did not come in time. */
  record WelcomeOverdue(SessionFailure failure) implements Failing {}

  /** The runtime says it will go. */
  record DrainAnnounced(String reason) implements SessionEvent {}

  /** The control stream ended. */
  record ControlEnded(SessionFailure failure) implements Failing {}

  /** The pause is over. */
  record BackoffOver() implements SessionEvent {}

  /** A view arrived. */
  record SnapshotArrived() implements SessionEvent {}

  /** The registry stream ended. */
  record RegistryEnded(SessionFailure failure) implements Failing {}

  /** The registry stream is to be opened again. */
  record RegistryDue() implements SessionEvent {}

  /** The declarations changed. */
  record Redeclared() implements SessionEvent {}

  /** The leaf was renewed. */
  record Renewed(Instant notAfter) implements SessionEvent {}

  /** The renewal was refused for good. */
  record RenewalRefused(SessionFailure failure) implements Failing {}

  /** A policy violation is to end the bridge. */
  record PolicyViolated(SessionFailure failure) implements Failing {}

  /** The start takes too long. */
  record StartOverdue() implements SessionEvent {}

  /** The application stops. */
  record Stop() implements SessionEvent {}

  /** Nothing is under way any more. */
  record Drained() implements SessionEvent {}

  /** The stop takes too long. */
  record StopOverdue() implements SessionEvent {}
}
