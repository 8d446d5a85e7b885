package io.trestle.registry.core;

import io.trestle.conversations.Declarations;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.conversations.Declarations.Outgoing;
import io.trestle.conversations.Declarations.Published;
import io.trestle.conversations.Declarations.Subscription;
import java.util.ArrayList;
import java.util.List;

/** Writes declarations in one line. */
final class Decl {
  private static final byte[] NONE = {};

  private final List<Incoming> incoming = new ArrayList<>();
  private final List<Published> published = new ArrayList<>();
  private final List<Outgoing> outgoing = new ArrayList<>();
  private final List<Subscription> subscriptions = new ArrayList<>();
  private String callEndpoint = "";
  private String httpEndpoint = "";

  static Decl of() {
    return new Decl();
  }

  Decl rpc(String name) {
    return rpc(name, "");
  }

  Decl rpc(String name, String hash) {
    return handles(new Incoming(Declarations.RPC, name, NONE, NONE, false, hash, NONE));
  }

  Decl rpcWithSchema(String name, int bytes) {
    return handles(new Incoming(Declarations.RPC, name, new byte[bytes], NONE, false, "h", NONE));
  }

  Decl streaming(String name) {
    return handles(new Incoming(Declarations.RPC, name, NONE, NONE, true, "", NONE));
  }

  Decl workflow(String name) {
    return handles(
        new Incoming(Declarations.WORKFLOW, name, NONE, NONE, false, "", new byte[] {10, 0}));
  }

  Decl handles(Incoming m) {
    incoming.add(m);
    return this;
  }

  Decl publishes(String name) {
    return publishes(name, "");
  }

  Decl publishes(String name, String hash) {
    published.add(new Published(name, NONE, hash));
    return this;
  }

  Decl calls(String service, String method) {
    return depends(service, method, Declarations.RPC);
  }

  Decl runs(String service, String workflow) {
    return depends(service, workflow, Declarations.WORKFLOW);
  }

  Decl depends(String service, String method, int type) {
    outgoing.add(new Outgoing(service, method, type));
    return this;
  }

  Decl subscribes(String pattern) {
    return subscribes(pattern, "");
  }

  Decl subscribes(String pattern, String filter) {
    return subscribes(Subscription.of(pattern, filter));
  }

  Decl subscribes(Subscription subscription) {
    subscriptions.add(subscription);
    return this;
  }

  Decl at(String endpoint) {
    callEndpoint = endpoint;
    return this;
  }

  Decl http(String endpoint) {
    httpEndpoint = endpoint;
    return this;
  }

  Declaration build() {
    return new Declaration(
        List.copyOf(incoming),
        List.copyOf(published),
        List.copyOf(outgoing),
        List.copyOf(subscriptions),
        callEndpoint,
        httpEndpoint);
  }
}
