package io.trestle.protocol.transport;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.SSLEngineOptions;
import io.vertx.core.spi.tls.SslContextFactory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * The two TLS implementations, with the same behaviour: HTTP/2 is demanded of every connection and
 * clients never resume a session. BoringSSL does a handshake in about a quarter of the JDK's time.
 */
public enum TlsEngine {
  /** netty-tcnative. */
  BORINGSSL {
    @Override
    SSLEngineOptions options() {
      return new Boring();
    }

    @Override
    SslProvider provider() {
      return SslProvider.OPENSSL;
    }
  },
  /** The engine of the JDK; works everywhere. */
  JDK {
    @Override
    SSLEngineOptions options() {
      return new Jdk();
    }

    @Override
    SslProvider provider() {
      return SslProvider.JDK;
    }
  };

  /** BoringSSL where it loads, else the JDK's engine, which one log line then tells. */
  public static TlsEngine best() {
    return Choice.BEST;
  }

  abstract SSLEngineOptions options();

  abstract SslProvider provider();

  /** Chooses once per class loader, when first asked. */
  private static final class Choice {
    static final TlsEngine BEST = choose();

    private static TlsEngine choose() {
      if (OpenSsl.isAvailable()) {
        return BORINGSSL;
      }
      Logger log = System.getLogger(TlsEngine.class.getName());
      Throwable cause = OpenSsl.unavailabilityCause();
      log.log(Level.WARNING, "tls_engine=jdk reason=\"{0}\"", String.valueOf(cause));
      return JDK;
    }
  }

  private static final class Boring extends OpenSSLEngineOptions {
    Boring() {}

    private Boring(Boring other) {
      super(other);
    }

    @Override
    public OpenSSLEngineOptions copy() {
      return new Boring(this);
    }

    @Override
    public SslContextFactory sslContextFactory() {
      return StrictSslContext.factory(super.sslContextFactory());
    }
  }

  private static final class Jdk extends JdkSSLEngineOptions {
    Jdk() {}

    private Jdk(Jdk other) {
      super(other);
    }

    @Override
    public JdkSSLEngineOptions copy() {
      return new Jdk(this);
    }

    @Override
    public SslContextFactory sslContextFactory() {
      return StrictSslContext.factory(super.sslContextFactory());
    }
  }
}
