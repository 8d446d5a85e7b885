/**
 * Configuration of a start: one YAML file, overridden by environment and flags, mapped strictly
 * onto records. It reads no database and knows no module; live settings are another matter.
 */
@NullMarked
package io.trestle.kernel.config;

import org.jspecify.annotations.NullMarked;
