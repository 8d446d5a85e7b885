package io.trestle.system;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** Hears kernels and SDKs of this JVM say that something held up one of their threads. */
final class Held implements AutoCloseable {
  private final List<Told> kernel = new CopyOnWriteArrayList<>();
  private final List<Told> sdk = new CopyOnWriteArrayList<>();
  private final Logger ofKernel = (Logger) LoggerFactory.getLogger("io.trestle.kernel.HeldLoops");
  private final java.util.logging.Logger ofSdk =
      java.util.logging.Logger.getLogger("io.trestle.sdk");
  private final AppenderBase<ILoggingEvent> kernelEar =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          Throwable thrown = ((ThrowableProxy) event.getThrowableProxy()).getThrowable();
          kernel.add(new Told(event.getFormattedMessage(), List.of(thrown.getStackTrace())));
        }
      };
  private final Handler sdkEar = new SdkEar();

  /** What was said, and the stack that came with it, innermost first. */
  record Told(String message, List<StackTraceElement> stack) {
    boolean isAt(Class<?> type, String method) {
      return stack.stream()
          .anyMatch(
              f -> f.getClassName().equals(type.getName()) && f.getMethodName().equals(method));
    }

    /**
     * Where it was held: the innermost method of ours, or of a library when none of ours is on the
     * stack. Nowhere when the loop waits for work: it was the machine that did not let it run.
     */
    Optional<String> place() {
      if (stack.isEmpty() || stack.get(0).getMethodName().startsWith("epollWait")) {
        return Optional.empty();
      }
      return stack.stream()
          .filter(frame -> frame.getClassName().startsWith("io.trestle."))
          .findFirst()
          .or(() -> Optional.of(stack.get(0)))
          .map(frame -> frame.getClassName() + "." + frame.getMethodName());
    }
  }

  Held() {
    kernelEar.start();
    ofKernel.addAppender(kernelEar);
    ofSdk.addHandler(sdkEar);
  }

  List<Told> byKernel() {
    return kernel;
  }

  List<Told> bySdk() {
    return sdk;
  }

  /** Where loops have been held since the last {@link #forget}, in kernels and SDKs. */
  Set<String> places() {
    return Stream.concat(kernel.stream(), sdk.stream())
        .flatMap(told -> told.place().stream())
        .collect(Collectors.toSet());
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
        sdk.add(new Told(event.getMessage(), List.of(thrown.getStackTrace())));
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
