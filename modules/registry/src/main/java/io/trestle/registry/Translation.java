package io.trestle.registry;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.conversations.Declarations.Outgoing;
import io.trestle.conversations.Declarations.Published;
import io.trestle.conversations.Declarations.Subscription;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.protocol.v1.IncomingMethod;
import io.trestle.protocol.v1.OutgoingDep;
import io.trestle.protocol.v1.PublishedEvent;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.WorkflowDefinition;

/** Declarations between the wire of {@code servicebridge.v1} and the conversations of the house. */
final class Translation {
  private Translation() {}

  static Declaration declaration(RegisterRequest r) {
    return new Declaration(
        r.getIncomingList().stream().map(Translation::incoming).toList(),
        r.getPublishedList().stream().map(Translation::published).toList(),
        r.getOutgoingList().stream().map(Translation::outgoing).toList(),
        r.getEventSubscriptionsList().stream().map(Translation::subscription).toList(),
        r.getCallEndpoint(),
        r.getHttpEndpoint());
  }

  private static Incoming incoming(IncomingMethod m) {
    return new Incoming(
        m.getTypeValue(),
        m.getName(),
        m.getInputSchemaJson().toByteArray(),
        m.getOutputSchemaJson().toByteArray(),
        m.getStreaming(),
        m.getContractHash(),
        m.hasWorkflow() ? workflow(m.getWorkflow()) : new byte[0]);
  }

  /** An empty definition is present all the same; its name keeps it from encoding to nothing. */
  private static byte[] workflow(WorkflowDefinition definition) {
    byte[] bytes = definition.toByteArray();
    return bytes.length > 0 ? bytes : PRESENT_BUT_EMPTY;
  }

  /** Field 1 (name) with the empty string, spelled out. */
  private static final byte[] PRESENT_BUT_EMPTY = {0x0a, 0x00};

  private static Published published(PublishedEvent p) {
    return new Published(p.getName(), p.getSchemaJson().toByteArray(), p.getContractHash());
  }

  private static Outgoing outgoing(OutgoingDep o) {
    return new Outgoing(o.getServiceName(), o.getMethodName(), o.getTypeValue());
  }

  private static Subscription subscription(EventSubscription s) {
    return new Subscription(
        s.getPattern(), s.getFilter(), s.getRetryPolicyJson(), s.getGroup(), s.getTtlMs());
  }

  /**
   * The declaration as it is stored: the bytes of a {@code RegisterRequest}, which every version
   * can read, also one that does not know all of the fields.
   */
  static byte[] encode(Declaration d) {
    RegisterRequest.Builder request = RegisterRequest.newBuilder();
    d.incoming().forEach(m -> request.addIncoming(encode(m)));
    d.published().forEach(p -> request.addPublished(encode(p)));
    d.outgoing().forEach(o -> request.addOutgoing(encode(o)));
    d.subscriptions().forEach(s -> request.addEventSubscriptions(encode(s)));
    return request
        .setCallEndpoint(d.callEndpoint())
        .setHttpEndpoint(d.httpEndpoint())
        .build()
        .toByteArray();
  }

  private static IncomingMethod encode(Incoming m) {
    IncomingMethod.Builder method =
        IncomingMethod.newBuilder()
            .setTypeValue(m.type())
            .setName(m.name())
            .setInputSchemaJson(bytes(m.inputSchema()))
            .setOutputSchemaJson(bytes(m.outputSchema()))
            .setStreaming(m.streaming())
            .setContractHash(m.contractHash());
    if (m.workflow().length > 0) {
      method.setWorkflow(parsed(m.workflow()));
    }
    return method.build();
  }

  private static WorkflowDefinition parsed(byte[] definition) {
    try {
      return WorkflowDefinition.parseFrom(definition);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a checked workflow definition does not decode", e);
    }
  }

  private static PublishedEvent encode(Published p) {
    return PublishedEvent.newBuilder()
        .setName(p.name())
        .setSchemaJson(bytes(p.schema()))
        .setContractHash(p.contractHash())
        .build();
  }

  private static OutgoingDep encode(Outgoing o) {
    return OutgoingDep.newBuilder()
        .setServiceName(o.serviceName())
        .setMethodName(o.methodName())
        .setTypeValue(o.type())
        .build();
  }

  private static EventSubscription encode(Subscription s) {
    return EventSubscription.newBuilder()
        .setPattern(s.pattern())
        .setFilter(s.filter())
        .setRetryPolicyJson(s.retryPolicy())
        .setGroup(s.group())
        .setTtlMs(s.ttlMillis())
        .build();
  }

  static ByteString bytes(byte[] bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes);
  }
}
