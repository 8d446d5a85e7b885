/** Each benchmark in its smallest form. */
@NullMarked
package io.trestle.benchmarks.smoke;

import org.jspecify.annotations.NullMarked;
