package io.trestle.kernel.database;

import io.vertx.core.net.TrustOptions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** The authorities that the JDK trusts, for {@code verify-*} without {@code sslrootcert}. */
final class SystemTrust {

  private SystemTrust() {}

  static TrustOptions options() {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init((@Nullable KeyStore) null);
      return TrustOptions.wrap((X509TrustManager) factory.getTrustManagers()[0]);
    } catch (GeneralSecurityException e) {
      throw new DatabaseFailure(
          DatabaseFailure.Kind.CONFIGURATION, "sslmode: the JDK has no usable trust store", e);
    }
  }
}
