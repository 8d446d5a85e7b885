package io.trestle.protocol.policy;

import java.util.Optional;

/**
 * What a service may do at all, as flags of the service (docs/spec rpc 2.1). All true by default.
 */
public enum Capability {
  RPC_HANDLE("rpc.handle", true),
  EVENT_HANDLE("event.handle", true),
  WORKFLOW_HANDLE("workflow.handle", true),
  JOB_HANDLE("job.handle", true),
  RPC_CALL("rpc.call", false),
  EVENT_PUBLISH("event.publish", false),
  WORKFLOW_RUN("workflow.run", false);

  private final String text;
  private final boolean handling;

  Capability(String text, boolean handling) {
    this.text = text;
    this.handling = handling;
  }

  /** Its name, as in messages and commands. */
  public String text() {
    return text;
  }

  /** Whether it is one of the four that SDKs are told; the others are of the calling side. */
  public boolean isHandling() {
    return handling;
  }

  /** The capability of that name. */
  public static Optional<Capability> find(String text) {
    for (Capability capability : values()) {
      if (capability.text.equals(text)) {
        return Optional.of(capability);
      }
    }
    return Optional.empty();
  }
}
