package io.trestle.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import org.slf4j.LoggerFactory;

/**
 * Hears everything that this JVM, which runs the SDK and the commands, logs at debug level while it
 * is open, whichever way it takes; nothing of it is printed meanwhile.
 */
final class Ears implements AutoCloseable {
  private final StringBuilder heard = new StringBuilder();
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final Level rootLevel = root.getLevel();
  private final List<Appender<ILoggingEvent>> printers = new ArrayList<>();
  private final java.util.logging.Logger jul = LogManager.getLogManager().getLogger("");
  private final java.util.logging.Level julLevel = jul.getLevel();
  private final List<Handler> julPrinters = List.of(jul.getHandlers());
  private final Handler julEar = new JulEar();
  private final Appender<ILoggingEvent> ear =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          hear(event.getLevel() + " " + event.getLoggerName() + " " + event.getFormattedMessage());
          hear(ThrowableProxyUtil.asString(event.getThrowableProxy()));
        }
      };

  Ears() {
    for (Iterator<Appender<ILoggingEvent>> all = root.iteratorForAppenders(); all.hasNext(); ) {
      printers.add(all.next());
    }
    printers.forEach(root::detachAppender);
    ear.start();
    root.addAppender(ear);
    root.setLevel(Level.DEBUG);
    julEar.setLevel(java.util.logging.Level.ALL);
    julPrinters.forEach(jul::removeHandler);
    jul.addHandler(julEar);
    jul.setLevel(java.util.logging.Level.ALL);
  }

  private synchronized void hear(String line) {
    heard.append(line).append('\n');
  }

  /** Everything so far. */
  synchronized String heard() {
    return heard.toString();
  }

  @Override
  public void close() {
    jul.removeHandler(julEar);
    jul.setLevel(julLevel);
    julPrinters.forEach(jul::addHandler);
    root.detachAppender(ear);
    root.setLevel(rootLevel);
    printers.forEach(root::addAppender);
  }

  private final class JulEar extends Handler {
    @Override
    public void publish(LogRecord event) {
      hear(event.getLevel() + " " + event.getLoggerName() + " " + event.getMessage());
      hear(Arrays.deepToString(event.getParameters()));
      Throwable thrown = event.getThrown();
      if (thrown != null) {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace, true));
        hear(trace.toString());
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
