/**
 * The command line: starts kernels as processes and administers them over the admin API. It decides
 * nothing about services, events or calls, and commands that administer load no Vert.x.
 */
@NullMarked
package io.trestle.cli;

import org.jspecify.annotations.NullMarked;
