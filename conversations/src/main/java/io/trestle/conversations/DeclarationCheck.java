package io.trestle.conversations;

import java.util.List;

/**
 * A check of declarations that a module contributes to the registry. Pure and quick: it runs on the
 * registry's event loop for every registration.
 */
@FunctionalInterface
public interface DeclarationCheck {
  /**
   * The faults of a declaration, each naming the entry and what was expected; empty when there are
   * none.
   */
  List<String> faults(Declarations.Declaration declaration);
}
