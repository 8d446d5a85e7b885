/**
 * The write pipeline: the one way in which modules write to PostgreSQL, batched, ordered, fenced
 * and with a verdict that agrees with the database. It reads nothing and knows no table but {@code
 * kernels}; its deciding half ({@code LaneCore}, {@code BatchPlan}, {@code Outcome}, {@code
 * Budget}) must not touch Vert.x, a clock or I/O.
 */
@NullMarked
package io.trestle.kernel.pipeline;

import org.jspecify.annotations.NullMarked;
