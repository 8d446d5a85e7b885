package io.trestle.kernel.pipeline;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import io.vertx.pgclient.PgConnectOptions;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Stands between a pipeline and PostgreSQL and breaks the connection where a test wants it. */
final class FaultyProxy {

  /**
   * What happens to the next message that carries a transaction's begin or COMMIT. A statement sent
   * alone is both.
   */
  enum Fault {
    NONE,
    /** The begin of a transaction never arrives. */
    CUT_AT_BEGIN,
    /** COMMIT never arrives. */
    CUT_BEFORE_COMMIT,
    /** COMMIT arrives and is carried out; its answer is lost. */
    CUT_DURING_COMMIT,
    /** The answer to COMMIT arrives, and then the connection ends. */
    CUT_AFTER_COMMIT,
    /**
     * COMMIT becomes a rollback that reports success, as COMMIT of a failed transaction does; waits
     * for a transaction that has one.
     */
    ROLL_BACK_INSTEAD,
    /** The client's side ends, PostgreSQL's stays; COMMIT arrives there with releaseGhost. */
    LEAVE_GHOST
  }

  /** First byte of the message that runs a prepared statement. */
  private static final String BIND = "B";

  private final Vertx vertx;
  private final PgConnectOptions target;
  private final NetServer server;
  private final NetClient client;
  private final Set<NetSocket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger struck = new AtomicInteger();
  private volatile Supplier<Fault> faults = () -> Fault.NONE;
  private volatile Runnable ghost = () -> {};
  private final Queue<String> ghostAnswers = new ConcurrentLinkedQueue<>();
  private volatile boolean down;

  FaultyProxy(Vertx vertx, PgConnectOptions target) {
    this.vertx = vertx;
    this.target = target;
    this.client = vertx.createNetClient();
    this.server = vertx.createNetServer().connectHandler(this::accept);
    TestPipelines.get(server.listen(0, "127.0.0.1"));
  }

  PgConnectOptions options() {
    return new PgConnectOptions(target).setHost("127.0.0.1").setPort(server.actualPort());
  }

  /** The next begin or COMMIT of its sort meets this fault; once. */
  void strikeOnce(Fault fault) {
    AtomicInteger left = new AtomicInteger(1);
    faults = () -> left.getAndDecrement() > 0 ? fault : Fault.NONE;
  }

  /** Every transaction asks for its fault. */
  void strike(Supplier<Fault> each) {
    faults = each;
  }

  /** Lets the COMMIT of an abandoned transaction arrive. */
  void releaseGhost() {
    ghost.run();
  }

  /** What PostgreSQL answered to a ghost that was released. */
  String ghostAnswer() {
    return String.join("", ghostAnswers);
  }

  int struck() {
    return struck.get();
  }

  /** Ends all connections and refuses new ones until {@link #up}. */
  void down() {
    down = true;
    open.forEach(NetSocket::close);
  }

  /** From the fault that is coming on, nobody gets in. */
  void downSoon() {
    down = true;
  }

  void up() {
    down = false;
  }

  void close() {
    down();
    TestPipelines.get(Future.join(server.close(), client.close()));
  }

  private void accept(NetSocket near) {
    if (down) {
      near.close();
      return;
    }
    near.pause();
    client
        .connect(SocketAddress.inetSocketAddress(target.getPort(), target.getHost()))
        .onFailure(e -> near.close())
        .onSuccess(far -> new Link(near, far).open());
  }

  private final class Link {
    private final NetSocket near;
    private final NetSocket far;
    private Fault fault = Fault.NONE;
    private boolean cutAfterAnswer;
    private boolean swallowAnswer;
    private String unfinished = "";
    private boolean began;
    private boolean alone;

    Link(NetSocket near, NetSocket far) {
      this.near = near;
      this.far = far;
    }

    void open() {
      open.add(near);
      near.handler(this::fromClient);
      far.handler(this::fromServer);
      near.closeHandler(v -> closeFar());
      far.closeHandler(v -> near.close());
      near.exceptionHandler(e -> {});
      far.exceptionHandler(e -> {});
      near.resume();
    }

    private void fromClient(Buffer data) {
      String text = data.toString(StandardCharsets.ISO_8859_1);
      if (text.contains("BEGIN ISOLATION")) {
        began = true;
        ask();
      } else if (!began && text.startsWith(BIND)) {
        alone = true;
        ask();
      }
      boolean commits = alone ? fault != Fault.ROLL_BACK_INSTEAD : text.contains("COMMIT;");
      if (fault == Fault.CUT_AT_BEGIN) {
        cut();
      } else if (fault != Fault.NONE && commits) {
        strikeCommit(text);
      } else {
        far.write(data);
      }
    }

    /** A fault that waited for a better occasion goes first. */
    private void ask() {
      if (fault == Fault.NONE) {
        fault = faults.get();
      }
    }

    private void strikeCommit(String text) {
      Fault now = fault;
      fault = Fault.NONE;
      switch (now) {
        case CUT_BEFORE_COMMIT -> cut();
        case CUT_DURING_COMMIT -> {
          swallowAnswer = true;
          write(text);
        }
        case CUT_AFTER_COMMIT -> {
          cutAfterAnswer = true;
          write(text);
        }
        case ROLL_BACK_INSTEAD -> {
          struck.incrementAndGet();
          write(text.replace("COMMIT;", "ABORT ;"));
        }
        case LEAVE_GHOST -> {
          far.handler(answer -> ghostAnswers.add(answer.toString(StandardCharsets.ISO_8859_1)));
          ghost = () -> vertx.runOnContext(v -> write(text));
          near.closeHandler(v -> open.remove(near));
          cut();
        }
        default -> throw new IllegalStateException("fault: " + now);
      }
    }

    private void write(String text) {
      far.write(Buffer.buffer(text, "ISO-8859-1"));
    }

    private void fromServer(Buffer data) {
      boolean ended = alone ? isReady(data) : endsTransaction(data);
      if (ended) {
        began = false;
        alone = false;
      }
      if (!swallowAnswer) {
        near.write(data);
      }
      if (ended && (swallowAnswer || cutAfterAnswer)) {
        cut();
      }
    }

    /** Ends with ReadyForQuery, outside of a transaction. */
    private boolean isReady(Buffer data) {
      return data.toString(StandardCharsets.ISO_8859_1).endsWith("Z\0\0\0\5I");
    }

    /**
     * Carries the command tag of COMMIT, which is ROLLBACK after a failure. A tag may come in two
     * pieces: the longest one but its last character is kept.
     */
    private boolean endsTransaction(Buffer data) {
      String text = unfinished + data.toString(StandardCharsets.ISO_8859_1);
      boolean ended = text.contains("COMMIT\0") || text.contains("ROLLBACK\0");
      unfinished = ended ? "" : text.substring(Math.max(0, text.length() - "ROLLBACK".length()));
      return ended;
    }

    private void cut() {
      struck.incrementAndGet();
      near.close();
    }

    private void closeFar() {
      open.remove(near);
      vertx.runOnContext(v -> far.close());
    }
  }
}
