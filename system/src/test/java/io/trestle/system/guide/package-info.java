/** The programs of docs/guide/rpc.md; a test runs them and holds the page to them. */
@NullMarked
package io.trestle.system.guide;

import org.jspecify.annotations.NullMarked;
