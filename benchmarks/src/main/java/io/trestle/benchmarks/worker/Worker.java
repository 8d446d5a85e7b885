package io.trestle.benchmarks.worker;

import com.sun.management.ThreadMXBean;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A process of a benchmark. It answers questions, lines of JSON on standard input, with lines on
 * standard output, and ends when the input does: its other end is held by the runner alone, so that
 * means the runner is done or dead. A signal ends it in the same way.
 */
public final class Worker {
  /** Member of a question: what to do. */
  public static final String COMMAND = "command";

  /**
   * A command that every role knows: {@code bytes} that the live threads have allocated, and how
   * many {@code compile_millis} the compilers have worked.
   */
  public static final String COST = "cost";

  /** Member of an answer: what went wrong. */
  public static final String FAILURE = "worker_failure";

  /** Begins each line of answer. */
  public static final String ANSWER = "@ ";

  private final BlockingQueue<String> questions = new LinkedBlockingQueue<>();
  private final Role role;

  private Worker(Role role) {
    this.role = role;
  }

  /** The argument is the role. */
  public static void main(String[] args) throws InterruptedException {
    Role role = role(args[0]);
    Runtime.getRuntime().addShutdownHook(new Thread(role::close, "close"));
    Worker worker = new Worker(role);
    Thread reader = new Thread(worker::read, "questions");
    reader.setDaemon(true);
    reader.start();
    worker.work();
  }

  private static Role role(String name) {
    return switch (name) {
      case "kernel" -> new KernelRole();
      case "pipeline" -> new PipelineRole();
      case "backlog" -> new BacklogRole();
      case "sdk-server" -> new SdkServerRole();
      case "sdk-client" -> new SdkClientRole();
      case "grpc-server" -> new GrpcServerRole();
      case "grpc-client" -> new GrpcClientRole();
      case "load" -> new LoadRole();
      case "policy-load" -> new PolicyRole();
      case "event-publisher" -> new EventPublisherRole();
      case "event-subscriber" -> new EventSubscriberRole();
      case "rabbit-publisher" -> new RabbitPublisherRole();
      case "rabbit-subscriber" -> new RabbitSubscriberRole();
      case "nats-publisher" -> new NatsPublisherRole();
      case "nats-subscriber" -> new NatsSubscriberRole();
      default -> throw new IllegalArgumentException("role: " + name);
    };
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        questions.add(line);
      }
    } catch (IOException e) {
      System.err.println("the pipe of the runner broke: " + e);
    }
    System.exit(0);
  }

  private void work() throws InterruptedException {
    while (true) {
      JsonObject question = new JsonObject(questions.take());
      JsonObject answer;
      try {
        String command = question.getString(COMMAND);
        answer = command.equals(COST) ? cost() : role.answer(command, question);
      } catch (Exception e) {
        e.printStackTrace();
        answer = new JsonObject().put(FAILURE, String.valueOf(e));
      }
      System.out.println(ANSWER + answer.encode());
      System.out.flush();
    }
  }

  private static JsonObject cost() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes =
        Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
            .filter(each -> each > 0)
            .sum();
    long compiling = ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
    return new JsonObject().put("bytes", bytes).put("compile_millis", compiling);
  }
}
