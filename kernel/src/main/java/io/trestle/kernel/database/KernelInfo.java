package io.trestle.kernel.database;

import java.util.UUID;

/**
 * Who asks for the lock; a row of {@code kernels}.
 *
 * @param id UUIDv7 of this start
 * @param pid process id
 * @param host name of the machine
 */
public record KernelInfo(UUID id, long pid, String host) {}
