/**
 * {@code trestle bench}: arguments, the processes of a benchmark, and what came of it as a table
 * and as JSON. It measures nothing itself: clocks and load are in the processes of {@code worker}.
 */
@NullMarked
package io.trestle.benchmarks;

import org.jspecify.annotations.NullMarked;
