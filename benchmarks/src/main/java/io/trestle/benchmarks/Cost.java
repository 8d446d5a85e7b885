package io.trestle.benchmarks;

import java.util.Collection;

/**
 * What processes have used so far.
 *
 * @param cpuNanos processor time
 * @param allocatedBytes what their live threads have allocated on the heap
 * @param compileMillis how long their compilers have worked
 */
record Cost(long cpuNanos, long allocatedBytes, long compileMillis) {

  /** Of several processes together. */
  static Cost of(Collection<Child> children) {
    return children.stream().map(Child::cost).reduce(new Cost(0, 0, 0), Cost::plus);
  }

  Cost plus(Cost other) {
    return new Cost(
        cpuNanos + other.cpuNanos,
        allocatedBytes + other.allocatedBytes,
        compileMillis + other.compileMillis);
  }

  Cost since(Cost before) {
    return new Cost(
        cpuNanos - before.cpuNanos,
        allocatedBytes - before.allocatedBytes,
        compileMillis - before.compileMillis);
  }
}
