package io.trestle.kernel.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Value of a record component whose key is missing, written as in YAML. Without it a missing key is
 * null for a {@code Nullable} component, empty for a list or map, all defaults for a record, and
 * refused for everything else.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Default {
  /** The text. */
  String value();
}
