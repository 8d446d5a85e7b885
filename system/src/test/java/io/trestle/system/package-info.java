/**
 * The system ring: a kernel with all modules in this process, the real SDK and the bare wire. It
 * sees the house as its users do and must not touch what a module keeps to itself.
 */
@NullMarked
package io.trestle.system;

import org.jspecify.annotations.NullMarked;
