/**
 * The gRPC listener: facades with an authenticator and a method table each, default deny,
 * hardening, drain. It translates nothing and decides nothing about what a method does.
 */
@NullMarked
package io.trestle.kernel.gateway;

import org.jspecify.annotations.NullMarked;
