package io.trestle.kernel.pipeline;

/** One of the two queues of the pipeline. Order and units hold within a lane, not across. */
public enum Lane {
  /** An acknowledgement waits for it. */
  DURABLE("durable", 1),
  /** Telemetry: much, and refused first when the pipeline fills. */
  BULK("bulk", 2);

  private final String label;
  private final int lockNumber;

  Lane(String label, int lockNumber) {
    this.label = label;
    this.lockNumber = lockNumber;
  }

  /** Name in metrics, logs and {@code application_name}. */
  public String label() {
    return label;
  }

  /** Tells the advisory locks of the lanes apart. */
  int lockNumber() {
    return lockNumber;
  }
}
