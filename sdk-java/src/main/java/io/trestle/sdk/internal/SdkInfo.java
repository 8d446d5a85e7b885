package io.trestle.sdk.internal;

import java.util.Objects;

/** What this SDK says about itself. */
public final class SdkInfo {
  /** The revision of the protocol it speaks. */
  public static final int PROTOCOL_VERSION = 1;

  /** Its language. */
  public static final String LANGUAGE = "java";

  /** Its version, from the manifest. */
  public static final String VERSION =
      Objects.requireNonNullElse(SdkInfo.class.getPackage().getImplementationVersion(), "dev");

  private SdkInfo() {}
}
