package io.trestle.sdk.protobuf;

import io.trestle.sdk.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the files of schemas, whole. */
final class SourceFiles {
  static final int MAX_BYTES = 1 << 20;

  private SourceFiles() {}

  static String read(Path file) {
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new ConfigurationException(
            "serde: " + file + ": " + size + " bytes (expected: at most " + MAX_BYTES + ")");
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new ConfigurationException("serde: " + file + ": cannot be read: " + e, e);
    }
  }
}
