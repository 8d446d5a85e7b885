package io.trestle.system;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/** A TCP line to a server that a test can cut and close again. */
public final class Switch implements AutoCloseable {
  private final InetSocketAddress target;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private @Nullable ServerSocket listener;
  private volatile boolean hanging;
  private int port;

  public Switch(int targetPort) {
    target = new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort);
    on();
  }

  public int port() {
    return port;
  }

  /** Connections pass from now on. */
  public void on() {
    try {
      ServerSocket opened = Awaitility.await().until(this::bind, Objects::nonNull);
      port = opened.getLocalPort();
      listener = opened;
      background(() -> accept(opened));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("port " + port + " stays taken", e);
    }
  }

  /** Null while the port is taken: a connection of somebody else may have it for a moment. */
  private @Nullable ServerSocket bind() throws IOException {
    ServerSocket opened = new ServerSocket();
    opened.setReuseAddress(true);
    try {
      opened.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return opened;
    } catch (BindException e) {
      opened.close();
      return null;
    }
  }

  /**
   * What is sent from now on, on old and new connections, gets lost without a word, until the line
   * is cut. Connections that lived through it stay silent.
   */
  public void hang() {
    hanging = true;
  }

  /** Every connection breaks, and new ones are refused. */
  public synchronized void off() {
    hanging = false;
    close(listener);
    sockets.forEach(Switch::close);
    sockets.clear();
  }

  private void accept(ServerSocket from) {
    while (!from.isClosed()) {
      try {
        Socket client = from.accept();
        Socket server = new Socket();
        server.connect(target);
        if (admit(from, client, server)) {
          background(() -> copy(client, server));
          background(() -> copy(server, client));
        }
      } catch (IOException e) {
        return;
      }
    }
  }

  /** A connection that was accepted just before the line was cut breaks like all others. */
  private synchronized boolean admit(ServerSocket from, Socket client, Socket server) {
    if (from.isClosed()) {
      close(client);
      close(server);
      return false;
    }
    sockets.addAll(List.of(client, server));
    return true;
  }

  private void copy(Socket from, Socket to) {
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (!hanging) {
          out.write(buffer, 0, n);
        }
      }
    } catch (IOException e) {
      close(from);
      close(to);
    }
  }

  private static void close(@Nullable AutoCloseable socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void background(Runnable work) {
    Thread thread = new Thread(work);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    off();
  }
}
