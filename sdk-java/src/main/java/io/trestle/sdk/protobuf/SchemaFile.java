package io.trestle.sdk.protobuf;

import io.trestle.protocol.schema.MessagePair;
import io.trestle.protocol.schema.SchemaException;
import io.trestle.protocol.schema.SchemaJson;
import io.trestle.sdk.ConfigurationException;
import java.nio.file.Path;

/**
 * {@code .schema.json} files: messages for those who have no {@code .proto} (rpc.md 7.1). The two
 * kinds of one contract hash differently: both ends must use the same.
 */
public final class SchemaFile {
  private SchemaFile() {}

  /**
   * Reads a file of at most 1 MiB.
   *
   * @throws ConfigurationException if it cannot be read or is no schema; the message begins with
   *     {@code serde:} and names file and place
   */
  public static MethodSchema load(Path file) {
    return parse(file.toString(), SourceFiles.read(file));
  }

  /** Reads a text; otherwise as {@link #load}. */
  public static MethodSchema parse(String text) {
    return parse("the schema", text);
  }

  private static MethodSchema parse(String name, String text) {
    try {
      MessagePair messages = SchemaJson.parse(text);
      return MethodSchema.of(messages.input(), messages.output());
    } catch (SchemaException e) {
      String text2 = String.valueOf(e.getMessage()).replaceFirst("^serde: ", "");
      throw new ConfigurationException("serde: " + name + ": " + text2, e);
    }
  }
}
