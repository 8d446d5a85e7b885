package io.trestle.sdk;

/**
 * What a method takes and what it answers with, as registry and peers know it (rpc.md 7.3). Callers
 * reach exactly the instances whose hash equals theirs, so that versions of one method serve side
 * by side. {@code io.trestle.sdk.protobuf} makes contracts from schemas.
 *
 * @param hash opaque; empty means without schema, and matches only itself
 * @param inputSchema the request for people to read, as JSON; may be empty
 * @param outputSchema the answer for people to read, as JSON; may be empty
 */
public record Contract(String hash, byte[] inputSchema, byte[] outputSchema) {

  /** Without schema: bytes that only the two ends understand. */
  public static final Contract NONE = new Contract("");

  /** Copies the arrays. */
  public Contract {
    inputSchema = inputSchema.clone();
    outputSchema = outputSchema.clone();
  }

  /** A contract that shows nothing to people. */
  public Contract(String hash) {
    this(hash, new byte[0], new byte[0]);
  }

  /** A copy. */
  @Override
  public byte[] inputSchema() {
    return inputSchema.clone();
  }

  /** A copy. */
  @Override
  public byte[] outputSchema() {
    return outputSchema.clone();
  }
}
