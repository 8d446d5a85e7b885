package io.trestle.protocol.policy;

/**
 * Which check said no, in the order in which they are asked. The words are matched by suites
 * (docs/spec rpc 2.2 rule 1).
 */
public enum Denial {
  CALLER_CAPABILITY,
  TARGET_CAPABILITY,
  EGRESS,
  ACCEPTANCE;

  /** Status messages are short lines, whatever a caller put into a name. */
  private static final int SHOWN = 255;

  /** The words for a call; services by name. */
  public String text(CallKind kind, String caller, String target, String method) {
    String what = target + '/' + shown(method);
    return switch (this) {
      case CALLER_CAPABILITY -> mayNot("capability", caller, kind.calling().text());
      case TARGET_CAPABILITY ->
          "access denied: capability: " + target + " does not handle " + kind.subject();
      case EGRESS -> mayNot("egress", caller, kind.egress().text() + ' ' + what);
      case ACCEPTANCE -> "access denied: acceptance: " + what + " does not accept " + caller;
    };
  }

  /** The words for a published event; only the publisher can be the reason. */
  public String text(String publisher, String event) {
    String action = Action.EVENT_PUBLISH.text();
    return this == CALLER_CAPABILITY
        ? mayNot("capability", publisher, action)
        : mayNot("egress", publisher, action + ' ' + shown(event));
  }

  private static String mayNot(String side, String caller, String what) {
    return "access denied: " + side + ": " + caller + " may not " + what;
  }

  private static String shown(String name) {
    return name.length() <= SHOWN ? name : name.substring(0, SHOWN) + '…';
  }
}
