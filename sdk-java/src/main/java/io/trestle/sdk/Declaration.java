package io.trestle.sdk;

/**
 * What a service tells the registry beside its handlers and dependencies. Experimental: events,
 * jobs and workflows get typed forms of their own, these are the rows they are made of. The runtime
 * judges them; what it refuses fails {@code start} with a {@link ValidationException}.
 */
public sealed interface Declaration {

  /**
   * An event this service emits.
   *
   * @param name dotted lower-case segments
   * @param schema its schema as JSON, or nothing
   * @param contractHash the hash of the schema; empty without one
   */
  record PublishedEvent(String name, byte[] schema, String contractHash) implements Declaration {
    /** Without schema. */
    public PublishedEvent(String name) {
      this(name, new byte[0], "");
    }
  }

  /**
   * Events this service wants.
   *
   * @param pattern dotted segments, {@code *} for one and {@code #} for any number
   * @param filter an expression on the payload; empty for none
   */
  record EventSubscription(String pattern, String filter) implements Declaration {
    /** Without filter. */
    public EventSubscription(String pattern) {
      this(pattern, "");
    }
  }

  /**
   * A scheduled job.
   *
   * @param spec its canonical form as JSON
   * @param contractHash the version of the handler
   */
  record Job(String name, byte[] spec, String contractHash) implements Declaration {}

  /**
   * A workflow.
   *
   * @param definition a {@code WorkflowDefinition} in protobuf form
   */
  record Workflow(String name, byte[] definition) implements Declaration {}

  /**
   * A route of the application's own HTTP server; for the service map.
   *
   * @param method in upper case
   */
  record HttpRoute(String method, String pattern) implements Declaration {}
}
