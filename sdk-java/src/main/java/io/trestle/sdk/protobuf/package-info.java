/**
 * Generated protobuf classes as payloads, on top of the bytes of {@code io.trestle.sdk}. Needs
 * protobuf-java; nothing else of the SDK does. It sends and receives nothing itself.
 */
@NullMarked
package io.trestle.sdk.protobuf;

import org.jspecify.annotations.NullMarked;
