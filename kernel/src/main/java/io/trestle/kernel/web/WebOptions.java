package io.trestle.kernel.web;

import io.trestle.kernel.state.AdminToken;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What the HTTP listener needs.
 *
 * @param hosts addresses to listen on ({@code network.ui_host}), at least one
 * @param port {@code network.ui_port}; 0 = a free one, the same on every address
 * @param token what operators must show
 * @param publicOrigin {@code ui.public_origin} as it is now, empty when there is none
 * @param ready whether PostgreSQL answers
 */
public record WebOptions(
    List<String> hosts,
    int port,
    AdminToken token,
    Supplier<String> publicOrigin,
    BooleanSupplier ready) {

  /** Refuses a listener without an address. */
  public WebOptions {
    if (hosts.isEmpty()) {
      throw new IllegalArgumentException("hosts: empty (expected: at least one address)");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: %d (expected: 0 to 65535)".formatted(port));
    }
    hosts = List.copyOf(hosts);
  }
}
