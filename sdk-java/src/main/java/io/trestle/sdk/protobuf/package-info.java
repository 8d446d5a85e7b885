/**
 * Typed payloads, on top of the bytes of {@code io.trestle.sdk}: generated protobuf classes, and
 * records and maps by schemas read at run time. Needs protobuf-java, which nothing else of the SDK
 * shows. It sends and receives nothing itself.
 */
@NullMarked
package io.trestle.sdk.protobuf;

import org.jspecify.annotations.NullMarked;
