package io.trestle.system.wire;

import io.trestle.protocol.v1.IncomingMethod;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.OutgoingDep;
import io.trestle.protocol.v1.RegisterRequest;
import java.util.List;

/** Registrations as SDKs send them. */
final class Declare {
  static final String HASH = "v2:0011223344556677";

  private Declare() {}

  /** Nothing at all. */
  static RegisterRequest.Builder nothing() {
    return RegisterRequest.newBuilder()
        .setProtocolVersion(1)
        .setSdkLanguage("wire")
        .setSdkVersion("1");
  }

  /** Handlers with the usual hash, taken at this endpoint. */
  static RegisterRequest.Builder handlers(String endpoint, String... methods) {
    RegisterRequest.Builder request = nothing().setCallEndpoint(endpoint);
    List.of(methods).forEach(m -> request.addIncoming(handler(m, HASH)));
    return request;
  }

  /** Methods of another service that are called. */
  static RegisterRequest.Builder calls(String service, String... methods) {
    RegisterRequest.Builder request = nothing();
    List.of(methods).forEach(m -> request.addOutgoing(call(service, m)));
    return request;
  }

  static IncomingMethod.Builder handler(String name, String hash) {
    return IncomingMethod.newBuilder()
        .setType(MethodType.METHOD_TYPE_RPC)
        .setName(name)
        .setContractHash(hash);
  }

  static OutgoingDep.Builder call(String service, String method) {
    return OutgoingDep.newBuilder()
        .setType(MethodType.METHOD_TYPE_RPC)
        .setServiceName(service)
        .setMethodName(method);
  }
}
