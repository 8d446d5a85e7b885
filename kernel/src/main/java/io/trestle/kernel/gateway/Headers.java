package io.trestle.kernel.gateway;

import org.jspecify.annotations.Nullable;

/** The headers of a request. */
@FunctionalInterface
public interface Headers {
  /** The first value of a header, whose name is in lower case; null without one. */
  @Nullable String get(String name);
}
