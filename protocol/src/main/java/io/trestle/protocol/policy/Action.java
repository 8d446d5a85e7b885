package io.trestle.protocol.policy;

import java.util.Optional;

/** What a rule is about. Jobs have no rules: they are a service's own (docs/spec rpc 2.1). */
public enum Action {
  RPC_CALL("rpc.call", Direction.EGRESS, false),
  WORKFLOW_RUN("workflow.run", Direction.EGRESS, false),
  EVENT_PUBLISH("event.publish", Direction.EGRESS, true),
  RPC_HANDLE("rpc.handle", Direction.ACCEPTANCE, false),
  WORKFLOW_HANDLE("workflow.handle", Direction.ACCEPTANCE, false),
  EVENT_HANDLE("event.handle", Direction.ACCEPTANCE, true);

  private final String text;
  private final Direction direction;
  private final boolean ofEvents;

  Action(String text, Direction direction, boolean ofEvents) {
    this.text = text;
    this.direction = direction;
    this.ofEvents = ofEvents;
  }

  /** Its name, as it is stored and sent. */
  public String text() {
    return text;
  }

  /** The direction of all its rules. */
  public Direction direction() {
    return direction;
  }

  /** Whether its targets are patterns of event names; a peer has no meaning then. */
  public boolean isOfEvents() {
    return ofEvents;
  }

  /** The action of that name in a direction; empty for a pair that means nothing. */
  public static Optional<Action> find(Direction direction, String text) {
    for (Action action : values()) {
      if (action.direction == direction && action.text.equals(text)) {
        return Optional.of(action);
      }
    }
    return Optional.empty();
  }
}
