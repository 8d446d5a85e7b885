package io.trestle.kernel.state;

import java.time.Instant;
import java.util.List;

/**
 * Where a running kernel listens: {@code runtime.json}.
 *
 * @param pid process
 * @param grpc gRPC addresses, {@code host:port}
 * @param http URLs of the HTTP listener
 * @param startedAt when it became ready
 */
public record RuntimeInfo(long pid, List<String> grpc, List<String> http, Instant startedAt) {

  /** Takes copies of the lists. */
  public RuntimeInfo {
    grpc = List.copyOf(grpc);
    http = List.copyOf(http);
  }

  /** This process, as of now. */
  public static RuntimeInfo ofThisProcess(List<String> grpc, List<String> http, Instant now) {
    return new RuntimeInfo(ProcessHandle.current().pid(), grpc, http, now);
  }
}
