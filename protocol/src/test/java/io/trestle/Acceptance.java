package io.trestle;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Target;

/**
 * Names the acceptance lines of {@code docs/spec} that a test shows. Only a test that would fail if
 * the rule were broken may carry it.
 */
@Documented
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface Acceptance {
  /** Ids such as {@code WI-12}. */
  String[] value();
}
