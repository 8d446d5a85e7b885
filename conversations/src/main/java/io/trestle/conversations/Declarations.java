package io.trestle.conversations;

import java.util.List;

/**
 * What an instance declares of itself at registration. Names, schemas and hashes are opaque here.
 */
public final class Declarations {
  /** Numbers of {@code MethodType}. */
  public static final int RPC = 1;

  public static final int EVENT = 2;
  public static final int WORKFLOW = 3;
  public static final int JOB = 4;
  public static final int HTTP = 5;

  private Declarations() {}

  /**
   * The complete declaration of one instance.
   *
   * @param callEndpoint host:port of its Call server; empty = caller only, or draining
   * @param httpEndpoint host:port of the application's own HTTP server, for display
   */
  public record Declaration(
      List<Incoming> incoming,
      List<Published> published,
      List<Outgoing> outgoing,
      List<Subscription> subscriptions,
      String callEndpoint,
      String httpEndpoint) {}

  /**
   * Something it handles. {@code workflow} is the encoded definition, empty unless the type is
   * WORKFLOW.
   */
  public record Incoming(
      int type,
      String name,
      byte[] inputSchema,
      byte[] outputSchema,
      boolean streaming,
      String contractHash,
      byte[] workflow) {}

  /** An event it emits. */
  public record Published(String name, byte[] schema, String contractHash) {}

  /** Something it depends on; {@code methodName} may be {@code *}. */
  public record Outgoing(String serviceName, String methodName, int type) {}

  /**
   * Events it consumes. All but pattern and filter is ours (events.md 12.2) and absent from what
   * official SDKs declare.
   *
   * @param filter empty passes all
   * @param retryPolicy attempts and pauses as JSON; empty = the settings of the runtime
   * @param group patterns of different groups get deliveries of their own; empty = that of the
   *     service
   * @param ttlMillis how long a delivery may wait for an instance; 0 = the setting of the runtime
   */
  public record Subscription(
      String pattern, String filter, String retryPolicy, String group, long ttlMillis) {
    /** A subscription as official SDKs declare it. */
    public static Subscription of(String pattern, String filter) {
      return new Subscription(pattern, filter, "", "", 0);
    }
  }
}
