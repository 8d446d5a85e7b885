/**
 * The registry: who is present, what it declares, and what each watcher sees of it. It decides
 * nothing about calls, and issues no identities.
 */
@NullMarked
package io.trestle.registry;

import org.jspecify.annotations.NullMarked;
