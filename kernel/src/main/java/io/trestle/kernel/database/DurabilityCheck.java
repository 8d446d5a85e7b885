package io.trestle.kernel.database;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The three parameters without which an acknowledged write may be lost, as read back from a session
 * of ours (so that settings of database and role count too). Anything but {@code on} stops the
 * start, {@code remote_apply} as well: pipeline connections set {@code on} themselves and the house
 * should not guess what was meant (foundation.md 2.1).
 */
record DurabilityCheck(String fsync, String fullPageWrites, String synchronousCommit) {
  private static final Logger LOG = LoggerFactory.getLogger(DurabilityCheck.class);

  void check(boolean allowUnsafe) {
    String wrong = wrongOnes();
    if (wrong.isEmpty()) {
      return;
    }
    if (!allowUnsafe) {
      throw new DatabaseFailure(
          DatabaseFailure.Kind.UNSAFE,
          wrong
              + " (expected: on): acknowledged writes could be lost; set it to on in PostgreSQL, or"
              + " database.allow_unsafe: true");
    }
    LOG.warn(
        "database is not durable, acknowledged writes can be lost: {} allow_unsafe=true", wrong);
  }

  private String wrongOnes() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("fsync", fsync);
    all.put("full_page_writes", fullPageWrites);
    all.put("synchronous_commit", synchronousCommit);
    return all.entrySet().stream()
        .filter(e -> !e.getValue().equals("on"))
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(", "));
  }
}
