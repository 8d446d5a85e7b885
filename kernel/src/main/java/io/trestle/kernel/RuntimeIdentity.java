package io.trestle.kernel;

import io.trestle.protocol.transport.Identity;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The certificate of this runtime and the authority that signed it, set by whoever issues it and
 * shown by the gateway and by every client that calls services. Safe from any thread; listeners run
 * on the thread that sets.
 */
public final class RuntimeIdentity {
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private @Nullable Shown current;

  private record Shown(Identity identity, X509Certificate authority) {}

  /** Hears of the certificate in force. */
  @FunctionalInterface
  public interface Listener {
    /** A certificate is in force from now on; called at once when there is one already. */
    void show(Identity identity, X509Certificate authority);
  }

  /** Puts a certificate in force. */
  public synchronized void set(Identity identity, X509Certificate authority) {
    current = new Shown(identity, authority);
    listeners.forEach(l -> l.show(identity, authority));
  }

  /** Hears of the certificate in force and of each that follows. */
  public synchronized void listen(Listener listener) {
    listeners.add(listener);
    Shown shown = current;
    if (shown != null) {
      listener.show(shown.identity(), shown.authority());
    }
  }
}
