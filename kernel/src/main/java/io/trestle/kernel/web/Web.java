package io.trestle.kernel.web;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.function.Function;

/** The HTTP listener. Modules mount before it is bound. */
public interface Web {
  /** Mounts a router below a path, such as {@code /tasks/*}. */
  void mount(String path, Router router);

  /**
   * Mounts a router below a path for operators only: what guards admin procedures guards it too
   * (foundation.md 5.2, 5.3), and while the kernel stops nobody is let in.
   */
  void operators(String path, Router router);

  /**
   * Adds an admin procedure at {@code POST /servicebridge.ui.v1.<service>/<procedure>}: JSON in,
   * JSON out, for operators only. A failed future with {@link AdminFailure} or {@code Refused}
   * becomes the Connect error of its code; anything else is {@code internal} and logged without its
   * text reaching the client.
   *
   * @param kind whether it changes anything; procedures are closed unless they are readable
   */
  void procedure(
      String service,
      String procedure,
      Kind kind,
      Function<JsonObject, Future<JsonObject>> handler);

  /** What a procedure does. */
  enum Kind {
    /** Reads only, and shows no secret. */
    READABLE,
    /** Changes something or shows a secret once; replies carry {@code Cache-Control: no-store}. */
    MUTATING
  }
}
