package io.trestle.protocol.policy;

/** What one service asks of another: the flags and actions of the two ends. */
public enum CallKind {
  RPC(Capability.RPC_CALL, Action.RPC_CALL, Capability.RPC_HANDLE, Action.RPC_HANDLE, "rpc"),
  WORKFLOW(
      Capability.WORKFLOW_RUN,
      Action.WORKFLOW_RUN,
      Capability.WORKFLOW_HANDLE,
      Action.WORKFLOW_HANDLE,
      "workflow");

  private final Capability calling;
  private final Action egress;
  private final Capability handling;
  private final Action acceptance;
  private final String subject;

  CallKind(
      Capability calling, Action egress, Capability handling, Action acceptance, String subject) {
    this.calling = calling;
    this.egress = egress;
    this.handling = handling;
    this.acceptance = acceptance;
    this.subject = subject;
  }

  /** Flag of the caller. */
  public Capability calling() {
    return calling;
  }

  /** Action of the caller's rules. */
  public Action egress() {
    return egress;
  }

  /** Flag of the target. */
  public Capability handling() {
    return handling;
  }

  /** Action of the target's rules. */
  public Action acceptance() {
    return acceptance;
  }

  /** What the target handles, for people. */
  public String subject() {
    return subject;
  }
}
