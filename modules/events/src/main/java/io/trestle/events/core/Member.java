package io.trestle.events.core;

import java.util.List;
import java.util.UUID;

/**
 * An instance of a consumer, as the registry sees it.
 *
 * @param session whether its control session is open
 * @param draining takes nothing new
 * @param subscriptions in the order of its registration
 */
public record Member(
    UUID instance, boolean session, boolean draining, List<Subscription> subscriptions) {}
