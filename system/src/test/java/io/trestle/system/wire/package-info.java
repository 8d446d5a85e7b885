/**
 * The wire from outside: a client and a callee of their own, on grpc-java with the TLS of the JDK,
 * against a running kernel. It uses the generated messages and nothing else of ours that could
 * share a mistake with what it tests.
 */
@NullMarked
package io.trestle.system.wire;

import org.jspecify.annotations.NullMarked;
