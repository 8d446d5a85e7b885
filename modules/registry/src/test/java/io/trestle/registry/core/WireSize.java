package io.trestle.registry.core;

import com.google.protobuf.ByteString;
import io.trestle.conversations.Registrations.Content;
import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Method;
import io.trestle.conversations.Registrations.Snapshot;
import io.trestle.conversations.Registrations.Update;
import io.trestle.protocol.v1.MethodDescriptor;
import io.trestle.protocol.v1.RegistryUpdate;
import io.trestle.protocol.v1.ServiceInstanceInfo;
import java.util.List;

/** How long the rows of a frame are on the wire. */
final class WireSize {
  private WireSize() {}

  static int of(Content content) {
    RegistryUpdate.Builder message = RegistryUpdate.newBuilder();
    if (content instanceof Snapshot s) {
      add(message, s.methods(), s.instances());
    } else {
      Update u = (Update) content;
      add(message, u.added(), u.addedInstances());
      add(message, u.removed(), u.removedInstances());
    }
    return message.build().getSerializedSize();
  }

  private static void add(
      RegistryUpdate.Builder message, List<Method> methods, List<Instance> instances) {
    methods.forEach(m -> message.addAdded(method(m)));
    instances.forEach(i -> message.addAddedInstances(instance(i)));
  }

  private static MethodDescriptor method(Method m) {
    return MethodDescriptor.newBuilder()
        .setServiceId(m.serviceId().toString())
        .setServiceName(m.serviceName())
        .setInstanceId(m.instanceId().toString())
        .setTypeValue(m.type())
        .setName(m.name())
        .setContractHash(m.contractHash())
        .setPublished(true)
        .setStreaming(true)
        .setInputSchema(ByteString.copyFrom(m.inputSchema()))
        .setOutputSchema(ByteString.copyFrom(m.outputSchema()))
        .build();
  }

  private static ServiceInstanceInfo instance(Instance i) {
    return ServiceInstanceInfo.newBuilder()
        .setInstanceId(i.instanceId().toString())
        .setServiceId(i.serviceId().toString())
        .setServiceName(i.serviceName())
        .setCallEndpoint(i.callEndpoint())
        .setStatus(i.status())
        .setHttpEndpoint(i.httpEndpoint())
        .setIsUnhealthySinceUnixMs(Long.MAX_VALUE)
        .build();
  }
}
