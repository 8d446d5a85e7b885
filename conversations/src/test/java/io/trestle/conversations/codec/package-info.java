/** Tests of the byte form, and the tools that find and sample every record of the house. */
@NullMarked
package io.trestle.conversations.codec;

import org.jspecify.annotations.NullMarked;
