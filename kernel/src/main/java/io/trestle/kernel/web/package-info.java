/**
 * The HTTP listener: health, readiness, routers of modules, and the admin API with its token. It
 * knows no procedure but its own.
 */
@NullMarked
package io.trestle.kernel.web;

import org.jspecify.annotations.NullMarked;
