/**
 * Arguments, figures and output of the benchmarks; and that each of them runs and leaves nothing.
 */
@NullMarked
package io.trestle.benchmarks;

import org.jspecify.annotations.NullMarked;
