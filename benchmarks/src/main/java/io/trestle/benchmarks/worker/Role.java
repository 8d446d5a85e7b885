package io.trestle.benchmarks.worker;

import io.vertx.core.json.JsonObject;

/** What a worker process does. Questions come one after another; the end may come at any time. */
interface Role extends AutoCloseable {
  /** Answers a question. */
  JsonObject answer(String command, JsonObject arguments) throws Exception;

  /** Lets go of everything; the process ends. */
  @Override
  void close();
}
