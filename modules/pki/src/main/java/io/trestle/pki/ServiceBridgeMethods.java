package io.trestle.pki;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.trestle.conversations.Leaves;
import io.trestle.conversations.Leaves.Provisioned;
import io.trestle.conversations.Leaves.Refreshed;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.gateway.Access;
import io.trestle.kernel.gateway.Call;
import io.trestle.kernel.gateway.Gateway;
import io.trestle.kernel.gateway.MethodHandler;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.ProvisionRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import io.trestle.protocol.v1.RefreshCertRequest;
import io.trestle.protocol.v1.RefreshCertResponse;
import io.vertx.core.Future;
import java.util.UUID;

/** The methods of {@code servicebridge.v1} that ask for leaves, as translations. */
final class ServiceBridgeMethods {
  private static final int MAX_REQUEST_BYTES = 16 << 10;

  private final Bus bus;

  private ServiceBridgeMethods(Bus bus) {
    this.bus = bus;
  }

  /** Adds {@code Bootstrap/Provision} and {@code Control/RefreshCert}. */
  static void mount(Gateway gateway, Bus bus) {
    ServiceBridgeMethods methods = new ServiceBridgeMethods(bus);
    gateway.method(
        new MethodHandler.Unary<>(
            Methods.PROVISION.path(),
            Access.ANYBODY,
            MAX_REQUEST_BYTES,
            ProvisionRequest.parser(),
            methods::provision));
    gateway.method(
        new MethodHandler.Unary<>(
            Methods.REFRESH_CERT.path(),
            Access.SERVICE,
            MAX_REQUEST_BYTES,
            RefreshCertRequest.parser(),
            methods::refresh));
  }

  private Future<ProvisionResponse> provision(Call call, ProvisionRequest request) {
    Leaves.Provision question =
        new Leaves.Provision(
            request.getKeyId().toByteArray(),
            request.getSecret().toByteArray(),
            request.getCsrDer().toByteArray(),
            call.deadlineMillis());
    return bus.request(Leaves.PROVISION, question).map(ServiceBridgeMethods::response);
  }

  private Future<RefreshCertResponse> refresh(Call call, RefreshCertRequest request) {
    UUID instanceId = call.caller().instanceId();
    Leaves.Refresh question =
        new Leaves.Refresh(
            call.caller().serviceId(), instanceId, request.getCsrDer().toByteArray());
    return bus.request(Leaves.REFRESH, question).map(answer -> response(answer, instanceId));
  }

  private static ProvisionResponse response(Provisioned answer) {
    return ProvisionResponse.newBuilder()
        .setCertDer(bytes(answer.certificate()))
        .setCaChainDer(bytes(answer.authority()))
        .setServiceId(answer.serviceId().toString())
        .setServiceName(answer.serviceName())
        .setInstanceId(answer.instanceId().toString())
        .setNotAfterUnixMs(answer.notAfterMillis())
        .build();
  }

  private static RefreshCertResponse response(Refreshed answer, UUID instanceId) {
    return RefreshCertResponse.newBuilder()
        .setCertDer(bytes(answer.certificate()))
        .setCaChainDer(bytes(answer.authority()))
        .setNotAfterUnixMs(answer.notAfterMillis())
        .setInstanceId(instanceId.toString())
        .build();
  }

  private static ByteString bytes(byte[] der) {
    return UnsafeByteOperations.unsafeWrap(der);
  }
}
