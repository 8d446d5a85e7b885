/**
 * Identities: the authority, bootstrap keys, leaves, revocation, and who is admitted on every call.
 * It touches the tables {@code services}, {@code service_keys}, {@code runtime_ca} and the leaf
 * columns of {@code service_instances}; presence belongs to the registry.
 */
@NullMarked
package io.trestle.pki;

import org.jspecify.annotations.NullMarked;
