/** Tests of contract hashes, schema files and JSON views, with the vectors of the specification. */
@NullMarked
package io.trestle.protocol.schema;

import org.jspecify.annotations.NullMarked;
