package io.trestle.kernel.pipeline;

import java.util.UUID;

/**
 * The writer's place in table {@code kernels}: a batch commits only while this row exists and no
 * other row has a higher epoch.
 *
 * <p>Reading the epoch alone would leave a gap between the check and the commit. So every batch
 * holds the advisory lock {@link #LOCK_CLASS}, {@link #LOCK_ID} shared until its commit, and
 * whoever takes a new epoch runs {@link #LOCK_FOR_NEW_EPOCH} first, in the transaction that inserts
 * the epoch: batches before it are committed then, batches after it see it.
 *
 * @param kernelId id of the writer's row
 * @param epoch its epoch
 */
public record Fence(UUID kernelId, long epoch) {

  /** Class of the advisory locks of the pipeline: "trwp". */
  public static final int LOCK_CLASS = 0x74727770;

  /** The advisory lock between batches and the taking of a new epoch. */
  public static final int LOCK_ID = 0;

  /** First statement of the transaction that takes a new epoch. */
  public static final String LOCK_FOR_NEW_EPOCH =
      "SELECT pg_advisory_xact_lock(" + LOCK_CLASS + ", " + LOCK_ID + ")";
}
