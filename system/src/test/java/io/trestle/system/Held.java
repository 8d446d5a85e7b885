package io.trestle.system;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.slf4j.LoggerFactory;

/** Hears kernels and SDKs of this JVM say that something held up one of their threads. */
final class Held implements AutoCloseable {
  private final List<String> kernel = new CopyOnWriteArrayList<>();
  private final List<String> sdk = new CopyOnWriteArrayList<>();
  private final Logger ofKernel = (Logger) LoggerFactory.getLogger("io.trestle.kernel.HeldLoops");
  private final java.util.logging.Logger ofSdk =
      java.util.logging.Logger.getLogger("io.trestle.sdk");
  private final AppenderBase<ILoggingEvent> kernelEar =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          String trace = ThrowableProxyUtil.asString(event.getThrowableProxy());
          kernel.add(event.getFormattedMessage() + "\n" + trace);
        }
      };
  private final Handler sdkEar = new SdkEar();

  Held() {
    kernelEar.start();
    ofKernel.addAppender(kernelEar);
    ofSdk.addHandler(sdkEar);
  }

  /** What kernels said, stacks included. */
  List<String> byKernel() {
    return kernel;
  }

  /** What SDKs said, stacks included. */
  List<String> bySdk() {
    return sdk;
  }

  void forget() {
    kernel.clear();
    sdk.clear();
  }

  @Override
  public void close() {
    ofKernel.detachAppender(kernelEar);
    ofSdk.removeHandler(sdkEar);
  }

  private final class SdkEar extends Handler {
    @Override
    public void publish(LogRecord event) {
      Throwable thrown = event.getThrown();
      if (thrown != null && event.getMessage().startsWith("thread_held_up")) {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace, true));
        sdk.add(event.getMessage() + "\n" + trace);
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
