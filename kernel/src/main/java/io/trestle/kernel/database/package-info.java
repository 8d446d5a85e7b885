/**
 * PostgreSQL as the house sees it: where it comes from (embedded or a DSN), how many connections it
 * may cost, the one control connection (leader lock and LISTEN), migrations, and whether it
 * answers. It must not know the tables of any module, and nothing here writes for a module: that is
 * the write pipeline's work.
 */
@NullMarked
package io.trestle.kernel.database;

import org.jspecify.annotations.NullMarked;
