package io.trestle.kernel.web;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.UUID;

/** The procedures of {@code SystemService}. */
public final class SystemService {
  private SystemService() {}

  /**
   * Adds {@code Version}.
   *
   * @param version build version
   * @param kernelId row of {@code kernels}
   * @param epoch fencing number
   */
  public static void mount(Web web, String version, UUID kernelId, long epoch) {
    web.procedure(
        "SystemService",
        "Version",
        Web.Kind.READABLE,
        request -> {
          AdminRequest.of(request);
          return Future.succeededFuture(
              new JsonObject()
                  .put("version", version)
                  .put("kernelId", kernelId.toString())
                  .put("epoch", Long.toString(epoch))
                  .put("java", Runtime.version().toString()));
        });
  }
}
