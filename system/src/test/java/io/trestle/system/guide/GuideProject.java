package io.trestle.system.guide;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** The files of a page in a directory that was empty, compiled, and run as processes. */
final class GuideProject {
  private static final String CLASS_PATH =
      System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

  private final Path directory;
  private final Path classes;

  private GuideProject(Path directory) {
    this.directory = directory;
    this.classes = directory.resolve("classes");
  }

  /** Writes the files, under the names the page gives them, and compiles the programs. */
  static GuideProject copy(GuidePage page, Path directory) throws IOException {
    for (Map.Entry<String, String> file : page.files().entrySet()) {
      Path path = directory.resolve(file.getKey());
      Files.createDirectories(path.toAbsolutePath().getParent());
      Files.writeString(path, file.getValue());
    }
    GuideProject project = new GuideProject(directory);
    project.compile();
    return project;
  }

  private void compile() throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    assertThat(compiler).as("the compiler of a JDK").isNotNull();
    List<String> arguments =
        new ArrayList<>(
            List.of("-cp", CLASS_PATH, "-proc:none", "-Xlint:deprecation,unchecked", "-Werror"));
    arguments.addAll(List.of("--release", "17", "-d", classes.toString()));
    try (Stream<Path> files = Files.walk(directory)) {
      files.map(Path::toString).filter(f -> f.endsWith(".java")).forEach(arguments::add);
    }
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int failed = compiler.run(null, said, said, arguments.toArray(new String[0]));
    assertThat(failed).as(said.toString(UTF_8)).isZero();
  }

  /** Starts a program in the directory. */
  Program run(String main, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "-Dvertx.disableDnsResolver=true",
                "-cp",
                classes + File.pathSeparator + CLASS_PATH,
                main));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(directory, main, ".out");
    Path err = Files.createTempFile(directory, main, ".err");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    return new Program(process, out, err);
  }

  /** A program that runs, until it is closed. */
  record Program(Process process, Path out, Path err) implements AutoCloseable {
    /** What it has printed until now. */
    String said() throws IOException {
      return Files.readString(out);
    }

    /** What it has printed when it has ended, well. */
    String saidAtItsEnd() throws IOException, InterruptedException {
      int exit = process.waitFor();
      assertThat(exit).as(Files.readString(err)).isZero();
      return said();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
