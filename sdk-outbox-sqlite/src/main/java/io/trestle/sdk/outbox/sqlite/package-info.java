/**
 * An outbox in a file beside the application: what is published survives the process, and waits
 * there while the runtime is away. Must not touch the network; events leave through the courier.
 */
@NullMarked
package io.trestle.sdk.outbox.sqlite;

import org.jspecify.annotations.NullMarked;
