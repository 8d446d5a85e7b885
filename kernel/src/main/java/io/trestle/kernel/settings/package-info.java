/**
 * Live runtime settings: typed keys, the table {@code runtime_settings}, and who is told of a
 * change. It knows keys, not what they mean.
 */
@NullMarked
package io.trestle.kernel.settings;

import org.jspecify.annotations.NullMarked;
