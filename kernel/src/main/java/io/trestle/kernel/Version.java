package io.trestle.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** Build version of this kernel, as in {@code Welcome.runtime_version}. */
public final class Version {
  private static final String RESOURCE = "/io/trestle/kernel/version.properties";

  private Version() {}

  /** The version that the build wrote; {@code dev} where there was no build. */
  public static String current() {
    try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
      Properties properties = new Properties();
      if (in != null) {
        properties.load(in);
      }
      return properties.getProperty("version", "dev");
    } catch (IOException e) {
      return "dev";
    }
  }
}
