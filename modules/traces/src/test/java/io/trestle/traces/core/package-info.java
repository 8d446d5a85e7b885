@NullMarked
package io.trestle.traces.core;

import org.jspecify.annotations.NullMarked;
