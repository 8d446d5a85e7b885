package io.trestle.examples.orderflow.demo;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;

/**
 * Runs another main class and ends the process when its parent has gone.
 *
 * <p>Standard input is a pipe whose other end only the parent holds. Its end of file means that the
 * parent closed it or died, of whatever cause, kill -9 included; nothing has to be polled and no
 * process id can be mistaken. The process then sends itself SIGTERM, so that it leaves as it would
 * on a server, and is cut off when that takes too long.
 *
 * <p>The parent starts it apart from the terminal and the process group: a Ctrl-C goes to all
 * processes at once, and the SIGTERM sent here would then be the second signal, at which a kernel
 * ends without taking leave.
 */
public final class Leash {
  private static final long LONGEST_STOP_MILLIS = 12_000;

  private Leash() {}

  /** The first argument is the main class, the others are its arguments. */
  public static void main(String[] args) throws Throwable {
    Method main = Class.forName(args[0]).getMethod("main", String[].class);
    Thread leash = new Thread(Leash::followParent, "leash");
    leash.setDaemon(true);
    leash.start();
    try {
      main.invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause();
      (cause == null ? e : cause).printStackTrace();
      System.exit(1);
    }
  }

  private static void followParent() {
    try {
      while (System.in.read() >= 0) {
        // whatever it says, it lives
      }
    } catch (IOException e) {
      System.err.println("the pipe of the parent broke: " + e);
    }
    endProcess();
  }

  private static void endProcess() {
    try {
      terminateSelf();
      Thread.sleep(LONGEST_STOP_MILLIS);
    } catch (ReflectiveOperationException | RuntimeException | InterruptedException e) {
      System.err.println("cannot stop in order: " + e);
    }
    Runtime.getRuntime().halt(1);
  }

  /**
   * The only way to a signal of one's own; by reflection, because javac warns of {@code sun.misc}.
   */
  private static void terminateSelf() throws ReflectiveOperationException {
    Class<?> type = Class.forName("sun.misc.Signal");
    Object signal = type.getConstructor(String.class).newInstance("TERM");
    type.getMethod("raise", type).invoke(null, signal);
  }
}
