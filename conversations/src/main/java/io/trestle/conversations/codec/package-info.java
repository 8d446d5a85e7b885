/**
 * The byte form of conversation records, for addresses that are remote. Knows no conversation: it
 * reads the shape of records by reflection, once per class, and must not touch Vert.x or do I/O.
 */
@NullMarked
package io.trestle.conversations.codec;

import org.jspecify.annotations.NullMarked;
