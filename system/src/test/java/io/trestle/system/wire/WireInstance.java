package io.trestle.system.wire;

import com.google.protobuf.ByteString;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.v1.InvokeResponse;
import io.trestle.protocol.v1.OpenRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import io.trestle.protocol.v1.RefreshCertRequest;
import io.trestle.protocol.v1.RefreshCertResponse;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.RegistryEvent;
import io.trestle.protocol.v1.ServerControl;
import io.trestle.protocol.v1.Welcome;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An instance of a service as an SDK keeps it, step by step under the hand of a test. */
final class WireInstance implements AutoCloseable {
  private final String address;
  private final X509Certificate ca;
  private final WireIdentity identity;
  private final WireClient client;
  private @Nullable WireStream<OpenRequest, ServerControl> control;
  private @Nullable WireStream<RegisterRequest, RegistryEvent> registry;

  private WireInstance(String address, X509Certificate ca, WireIdentity identity) {
    this.address = address;
    this.ca = ca;
    this.identity = identity;
    this.client = WireClient.toRuntime(address, ca, identity);
  }

  /** Makes a key and a request, provisions, and connects with the leaf. */
  static WireInstance provision(String address, WireKey key) {
    return of(address, key, provisionIdentity(address, key));
  }

  /** With a leaf that it has. */
  static WireInstance of(String address, WireKey key, WireIdentity identity) {
    return new WireInstance(address, key.ca(), identity);
  }

  static WireIdentity provisionIdentity(String address, WireKey key) {
    KeyPair keys = Certificates.p256();
    try (WireClient anonymous = WireClient.toRuntime(address, key.ca(), null)) {
      ProvisionResponse reply = anonymous.provision(key, Certificates.request(keys)).ok();
      return new WireIdentity(
          keys.getPrivate(),
          Certificates.parse(reply.getCertDer().toByteArray()),
          reply.getServiceId(),
          reply.getInstanceId());
    }
  }

  // ---- who

  WireIdentity identity() {
    return identity;
  }

  X509Certificate ca() {
    return ca;
  }

  String id() {
    return identity.instanceId();
  }

  String serviceId() {
    return identity.serviceId();
  }

  /** Its first connection. */
  WireClient client() {
    return client;
  }

  /** Another connection with another leaf of its own. */
  WireClient connectWith(WireIdentity leaf) {
    return WireClient.toRuntime(address, ca, leaf);
  }

  /** A direct connection to an instance. */
  WireClient dial(String endpoint, String uri) {
    return WireClient.to(endpoint, ca, identity, uri, "servicebridge.peer");
  }

  // ---- session

  /** Opens a control stream; an earlier one stays as it is. */
  WireStream<OpenRequest, ServerControl> openControl() {
    var stream = client.open(Methods.OPEN, open(1));
    control = stream;
    return stream;
  }

  static OpenRequest open(int protocolVersion) {
    return OpenRequest.newBuilder()
        .setProtocolVersion(protocolVersion)
        .setSdkLanguage("wire")
        .setSdkVersion("1")
        .build();
  }

  /** Opens a control stream and waits for the Welcome. */
  Welcome connect() {
    return openControl().first().getWelcome();
  }

  /** The newest control stream. */
  WireStream<OpenRequest, ServerControl> control() {
    var stream = control;
    if (stream == null) {
      throw new AssertionError("no control stream was opened");
    }
    return stream;
  }

  /** Opens a registry stream; an earlier one stays as it is. */
  WireStream<RegisterRequest, RegistryEvent> register(RegisterRequest.Builder request) {
    var stream = client.open(Methods.REGISTER_AND_WATCH, request.build());
    registry = stream;
    return stream;
  }

  /** The newest registry stream. */
  WireStream<RegisterRequest, RegistryEvent> registry() {
    var stream = registry;
    if (stream == null) {
      throw new AssertionError("no registry stream was opened");
    }
    return stream;
  }

  /** What the newest registry stream has told. */
  WireView view() {
    return WireView.of(List.copyOf(registry().messages()));
  }

  // ---- calls

  Ended<RefreshCertResponse> refresh() {
    return refresh(Certificates.p256());
  }

  Ended<RefreshCertResponse> refresh(KeyPair keys) {
    return client.unary(Methods.REFRESH_CERT, refreshRequest(keys));
  }

  static RefreshCertRequest refreshRequest(KeyPair keys) {
    return RefreshCertRequest.newBuilder()
        .setCsrDer(ByteString.copyFrom(Certificates.request(keys)))
        .build();
  }

  /** Renews, and returns the new leaf; nothing is connected again. */
  WireIdentity renew() {
    KeyPair keys = Certificates.p256();
    X509Certificate leaf = Certificates.parse(refresh(keys).ok().getCertDer().toByteArray());
    return new WireIdentity(keys.getPrivate(), leaf, serviceId(), id());
  }

  /** A proxied call with the usual hash. */
  static InvokeRequest.Builder invocation(String serviceId, String method) {
    return InvokeRequest.newBuilder()
        .setTargetServiceId(serviceId)
        .setMethod(method)
        .setRequestId("request-1")
        .setPayload(ByteString.copyFromUtf8("hello"))
        .setContractHash(ByteString.copyFromUtf8(Declare.HASH));
  }

  Ended<InvokeResponse> invoke(InvokeRequest.Builder request) {
    return client.unary(Methods.INVOKE_UNARY, request.build());
  }

  @Override
  public void close() {
    client.close();
  }
}
