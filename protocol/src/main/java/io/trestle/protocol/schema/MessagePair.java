package io.trestle.protocol.schema;

import com.google.protobuf.Descriptors.Descriptor;

/** What a method takes and what it answers with. */
public record MessagePair(Descriptor input, Descriptor output) {

  /** The hash of the contract. */
  public String hash() {
    return ContractHash.of(input, output);
  }
}
