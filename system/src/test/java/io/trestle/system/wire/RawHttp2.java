package io.trestle.system.wire;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection by hand, for what no client library lets a test do: pings at any rate, and
 * a handshake that is tried exactly once. A thread reads until the connection ends.
 */
final class RawHttp2 implements AutoCloseable {
  private static final int HEADER = 9;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int ACK = 1;
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final char[] NO_PASSWORD = {};

  private final SSLSocket socket;
  private final DataOutputStream out;
  private final AtomicInteger settings = new AtomicInteger();
  private final AtomicInteger pongs = new AtomicInteger();
  private final AtomicInteger goAways = new AtomicInteger();
  private final AtomicBoolean closed = new AtomicBoolean();

  private RawHttp2(SSLSocket socket) throws IOException {
    this.socket = socket;
    this.out = new DataOutputStream(socket.getOutputStream());
  }

  /** Connects, and sends the preface; what then happens is to be asked. */
  static RawHttp2 connect(String address, X509Certificate ca, @Nullable WireIdentity identity) {
    return connect(address, ca, identity, "h2");
  }

  /** The same, offering another protocol; the empty text offers none. */
  static RawHttp2 connect(
      String address, X509Certificate ca, @Nullable WireIdentity identity, String protocol) {
    int colon = address.lastIndexOf(':');
    try {
      SSLSocket socket =
          (SSLSocket)
              context(ca, identity)
                  .getSocketFactory()
                  .createSocket(
                      address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setProtocols(new String[] {"TLSv1.3"});
      if (!protocol.isEmpty()) {
        parameters.setApplicationProtocols(new String[] {protocol});
      }
      socket.setSSLParameters(parameters);
      RawHttp2 connection = new RawHttp2(socket);
      connection.begin();
      return connection;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SSLContext context(X509Certificate ca, @Nullable WireIdentity identity) {
    try {
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      TrustManager[] trust = {new PinnedTrust(ca, Certificates.RUNTIME_URI)};
      context.init(identity == null ? null : keys(identity), trust, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyManager[] keys(WireIdentity identity)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("JKS");
    store.load(null, null);
    store.setKeyEntry("leaf", identity.key(), NO_PASSWORD, new X509Certificate[] {identity.leaf()});
    // This factory shows the leaf whatever authorities the server names: a stranger's too.
    KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
    factory.init(store, NO_PASSWORD);
    return new KeyManager[] {new Insistent(factory)};
  }

  private void begin() {
    Thread reader = new Thread(this::read, "raw-http2");
    reader.setDaemon(true);
    try {
      socket.startHandshake();
      out.write(PREFACE.getBytes(StandardCharsets.US_ASCII));
      frame(SETTINGS, 0, new byte[0]);
    } catch (IOException refused) {
      closed.set(true);
      return;
    }
    reader.start();
  }

  /** Sends pings, without waiting for their answers. */
  void ping(int times) {
    try {
      for (int i = 0; i < times; i++) {
        frame(PING, 0, new byte[] {0, 0, 0, 0, 0, 0, 0, (byte) i});
      }
    } catch (IOException e) {
      closed.set(true);
    }
  }

  /** Whether the server has begun to speak HTTP/2. */
  boolean usable() {
    return settings.get() > 0;
  }

  int pongs() {
    return pongs.get();
  }

  int goAways() {
    return goAways.get();
  }

  boolean isClosed() {
    return closed.get();
  }

  private synchronized void frame(int type, int flags, byte[] payload) throws IOException {
    byte[] frame = new byte[HEADER + payload.length];
    frame[1] = (byte) (payload.length >> 8);
    frame[2] = (byte) payload.length;
    frame[3] = (byte) type;
    frame[4] = (byte) flags;
    System.arraycopy(payload, 0, frame, HEADER, payload.length);
    out.write(frame);
    out.flush();
  }

  private void read() {
    try {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] header = new byte[HEADER];
      while (true) {
        in.readFully(header);
        int length = (header[0] & 0xff) << 16 | (header[1] & 0xff) << 8 | (header[2] & 0xff);
        byte[] payload = new byte[length];
        in.readFully(payload);
        handle(header[3], header[4], payload);
      }
    } catch (IOException end) {
      closed.set(true);
    }
  }

  private void handle(int type, int flags, byte[] payload) throws IOException {
    boolean ack = (flags & ACK) != 0;
    if (type == SETTINGS && !ack) {
      settings.incrementAndGet();
      frame(SETTINGS, ACK, new byte[0]);
    } else if (type == PING && ack) {
      pongs.incrementAndGet();
    } else if (type == PING) {
      frame(PING, ACK, payload);
    } else if (type == GOAWAY) {
      goAways.incrementAndGet();
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
