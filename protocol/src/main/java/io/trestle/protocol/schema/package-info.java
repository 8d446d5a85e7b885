/**
 * What payloads look like: contract hashes, schema files, the JSON view of messages, all pure
 * functions over protobuf descriptors (rpc.md 7). Must not touch Vert.x, files, threads or clocks.
 */
@NullMarked
package io.trestle.protocol.schema;

import org.jspecify.annotations.NullMarked;
