/** What the workers do without a network. */
@NullMarked
package io.trestle.benchmarks.worker;

import org.jspecify.annotations.NullMarked;
