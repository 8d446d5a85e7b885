package io.trestle.sdk.internal;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.trestle.protocol.NameRules;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.protocol.v1.IncomingMethod;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.OutgoingDep;
import io.trestle.protocol.v1.PublishedEvent;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.WorkflowDefinition;
import io.trestle.sdk.Contract;
import io.trestle.sdk.Declaration;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.SubscriptionOptions;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.events.FilterJson;
import io.trestle.sdk.internal.inbound.Handlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What this instance tells the registry, gathered before the start. Identical rows collapse. Names
 * are checked here by the rules the runtime has, so that a typing error shows at its line; what
 * only the runtime can judge is left to it. Any thread.
 */
final class Declarations {
  private static final String ALL = "*";

  private final Map<String, Contract> contracts = new HashMap<>();
  private final Set<IncomingMethod> incoming = new LinkedHashSet<>();
  private final Set<PublishedEvent> published = new LinkedHashSet<>();
  private final Set<OutgoingDep> outgoing = new LinkedHashSet<>();
  private final Set<EventSubscription> subscriptions = new LinkedHashSet<>();

  /** What is used of another service. */
  synchronized void uses(String service, ServiceDeps deps) {
    name("service", service);
    deps.rpc().forEach(m -> outgoing.add(dep(service, m, MethodType.METHOD_TYPE_RPC)));
    deps.workflows().forEach(m -> outgoing.add(dep(service, m, MethodType.METHOD_TYPE_WORKFLOW)));
    deps.http()
        .forEach(
            route ->
                outgoing.add(
                    OutgoingDep.newBuilder()
                        .setServiceName(service)
                        .setMethodName(route)
                        .setType(MethodType.METHOD_TYPE_HTTP)
                        .build()));
  }

  /** What a handler takes and answers with. */
  synchronized void serves(String method, Contract contract) {
    contracts.put(method, contract);
  }

  /** An event this service emits. */
  synchronized void publishes(String name, EventSchema<?> schema) {
    published.add(
        PublishedEvent.newBuilder()
            .setName(name)
            .setSchemaJson(ByteString.copyFrom(schema.json()))
            .setContractHash(schema.contractHash())
            .build());
  }

  /** Events this service handles. */
  synchronized void subscribes(String pattern, SubscriptionOptions options) {
    Duration ttl = options.ttl();
    RetryPolicy retries = options.retryPolicy();
    subscriptions.add(
        EventSubscription.newBuilder()
            .setPattern(pattern)
            .setFilter(options.filter())
            .setGroup(options.group())
            .setRetryPolicyJson(retries == null ? "" : json(retries))
            .setTtlMs(ttl == null ? 0 : ttl.toMillis())
            .build());
  }

  /** The form of 1.x clients (events.md 12.2). */
  private static String json(RetryPolicy policy) {
    return FilterJson.text(
        new TreeMap<>(
            Map.of(
                "maxAttempts", policy.maxAttempts(),
                "baseDelayMs", policy.baseDelay().toMillis(),
                "factor", policy.factor(),
                "maxDelayMs", policy.maxDelay().toMillis(),
                "jitter", policy.jitter())));
  }

  /** Anything else. */
  synchronized void add(Declaration declaration) {
    if (declaration instanceof Declaration.PublishedEvent event) {
      published.add(
          PublishedEvent.newBuilder()
              .setName(event.name())
              .setSchemaJson(ByteString.copyFrom(event.schema()))
              .setContractHash(event.contractHash())
              .build());
    } else if (declaration instanceof Declaration.EventSubscription subscription) {
      subscriptions.add(
          EventSubscription.newBuilder()
              .setPattern(subscription.pattern())
              .setFilter(subscription.filter())
              .build());
    } else if (declaration instanceof Declaration.Job job) {
      incoming.add(
          method(MethodType.METHOD_TYPE_JOB, job.name())
              .setInputSchemaJson(ByteString.copyFrom(job.spec()))
              .setContractHash(job.contractHash())
              .build());
    } else if (declaration instanceof Declaration.Workflow workflow) {
      incoming.add(workflow(workflow));
    } else if (declaration instanceof Declaration.HttpRoute route) {
      incoming.add(
          method(MethodType.METHOD_TYPE_HTTP, route.method() + " " + route.pattern()).build());
    }
  }

  /** The whole, as one request. */
  synchronized RegisterRequest request(
      Handlers handlers, String callEndpoint, String httpEndpoint) {
    RegisterRequest.Builder request =
        RegisterRequest.newBuilder()
            .setCallEndpoint(callEndpoint)
            .setHttpEndpoint(httpEndpoint)
            .setProtocolVersion(SdkInfo.PROTOCOL_VERSION)
            .setSdkLanguage(SdkInfo.LANGUAGE)
            .setSdkVersion(SdkInfo.VERSION);
    handlers.methods().forEach(name -> request.addIncoming(handler(name, handlers.streams(name))));
    return request
        .addAllIncoming(incoming)
        .addAllPublished(published)
        .addAllOutgoing(outgoing)
        .addAllEventSubscriptions(subscriptions)
        .build();
  }

  /** Returns a name; anything else is a {@link ValidationException}. */
  static String name(String what, String name) {
    try {
      return NameRules.check(what, name);
    } catch (IllegalArgumentException e) {
      throw new ValidationException(String.valueOf(e.getMessage()), e);
    }
  }

  private static OutgoingDep dep(String service, String method, MethodType type) {
    return OutgoingDep.newBuilder()
        .setServiceName(service)
        .setMethodName(method.equals(ALL) ? ALL : name("method", method))
        .setType(type)
        .build();
  }

  private IncomingMethod.Builder handler(String name, boolean streaming) {
    Contract contract = contracts.getOrDefault(name, Contract.NONE);
    return method(MethodType.METHOD_TYPE_RPC, name)
        .setStreaming(streaming)
        .setContractHash(contract.hash())
        .setInputSchemaJson(ByteString.copyFrom(contract.inputSchema()))
        .setOutputSchemaJson(ByteString.copyFrom(contract.outputSchema()));
  }

  private static IncomingMethod.Builder method(MethodType type, String name) {
    return IncomingMethod.newBuilder().setType(type).setName(name);
  }

  private static IncomingMethod workflow(Declaration.Workflow workflow) {
    IncomingMethod.Builder method = method(MethodType.METHOD_TYPE_WORKFLOW, workflow.name());
    try {
      return workflow.definition().length == 0
          ? method.build()
          : method.setWorkflow(WorkflowDefinition.parseFrom(workflow.definition())).build();
    } catch (InvalidProtocolBufferException e) {
      throw new ValidationException("definition: not a WorkflowDefinition", e);
    }
  }
}
