/**
 * The state directory of a process: the admin token and where the process listens. Losing it loses
 * nothing else; it knows no database and no listener.
 */
@NullMarked
package io.trestle.kernel.state;

import org.jspecify.annotations.NullMarked;
