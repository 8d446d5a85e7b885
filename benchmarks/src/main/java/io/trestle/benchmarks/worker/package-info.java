/**
 * The processes of a benchmark: what serves, what calls, and the clocks. They know nothing of
 * options and tables, take one question at a time on standard input, and must not outlive it.
 */
@NullMarked
package io.trestle.benchmarks.worker;

import org.jspecify.annotations.NullMarked;
