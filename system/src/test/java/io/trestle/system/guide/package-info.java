/** Holds the pages of docs/guide to what runs. */
@NullMarked
package io.trestle.system.guide;

import org.jspecify.annotations.NullMarked;
