/**
 * What an application embeds to be a service: identity, registration, calls in both directions. JDK
 * types only; nothing of Vert.x, Netty or Protobuf appears in a signature, and nothing here does
 * I/O.
 */
@NullMarked
package io.trestle.sdk;

import org.jspecify.annotations.NullMarked;
