package io.trestle.cli;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Class data for the processes that tests start, as the launcher has them for the program: what a
 * start loads is loaded and verified once, by {@link ClassTraining}, and then mapped. It saves two
 * of five seconds of processor time of each kernel, and there are many.
 *
 * <p>The JVM archives no classes of directories and of signed jars, so what Maven has just compiled
 * is put into jars, and what is signed is copied without its signature. An archive is used again
 * until anything on the class path changes. Without one, everything runs as it would, but slower.
 * From any thread; the first use blocks until the archive is made.
 */
final class ClassArchive {
  private static final Path PLACE = Path.of("target", "class-archive").toAbsolutePath();
  private static final Path ARCHIVE = PLACE.resolve("classes.jsa");
  private static final List<String> QUIET = List.of("-Xlog:disable", "-Xlog:all=error:stderr");

  /** Of a signed jar: the signature, and the manifest with the sums. */
  private static final Pattern SIGNATURE =
      Pattern.compile("META-INF/(MANIFEST\\.MF|[^/]+\\.(SF|DSA|RSA|EC))");

  private static final ClassArchive MADE = make();

  private final List<String> options;
  private final String classPath;

  private ClassArchive(List<String> options, String classPath) {
    this.options = options;
    this.classPath = classPath;
  }

  /** Options of the JVM with which a process finds the archive. */
  static List<String> options() {
    return MADE.options;
  }

  /** Class path of this JVM, as the archive wants it. */
  static String classPath() {
    return MADE.classPath;
  }

  /** Surefire runs tests behind a jar that only names the class path. */
  private static String original() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private static ClassArchive make() {
    List<Path> entries =
        Stream.of(original().split(File.pathSeparator))
            .map(Path::of)
            .filter(Files::exists)
            .toList();
    try {
      Files.createDirectories(PLACE);
      String content = content(entries);
      Path note = PLACE.resolve("content.txt");
      String classPath = inJars(entries);
      if (!content.equals(Files.exists(note) ? Files.readString(note) : null)) {
        Files.deleteIfExists(note);
        pack(entries);
        if (!train(classPath)) {
          return new ClassArchive(List.of(), original());
        }
        Files.writeString(note, content);
      }
      List<String> options = new ArrayList<>(QUIET);
      options.add("-XX:SharedArchiveFile=" + ARCHIVE);
      return new ClassArchive(options, classPath);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Says of each file on the class path which one it is. */
  private static String content(List<Path> entries) throws IOException {
    StringBuilder text = new StringBuilder(System.getProperty("java.vm.version")).append('\n');
    for (Path entry : entries) {
      for (Path file : files(entry)) {
        text.append(file)
            .append(' ')
            .append(Files.size(file))
            .append(' ')
            .append(Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS))
            .append('\n');
      }
    }
    return text.toString();
  }

  private static List<Path> files(Path entry) throws IOException {
    try (Stream<Path> files = Files.walk(entry)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static String inJars(List<Path> entries) {
    return String.join(File.pathSeparator, entries.stream().map(ClassArchive::jar).toList());
  }

  private static String jar(Path entry) {
    return isArchivable(entry)
        ? entry.toString()
        : PLACE.resolve(entry.toString().replaceAll("[^A-Za-z0-9]+", "-") + ".jar").toString();
  }

  /** Neither a directory nor signed. Signatures would be checked at each start, too. */
  private static boolean isArchivable(Path entry) {
    if (Files.isDirectory(entry)) {
      return false;
    }
    try (ZipFile jar = new ZipFile(entry.toFile())) {
      return jar.stream().noneMatch(file -> file.getName().matches("META-INF/[^/]+\\.SF"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void pack(List<Path> entries) throws IOException {
    for (Path entry : entries) {
      if (Files.isDirectory(entry)) {
        packDirectory(entry, Path.of(jar(entry)));
      } else if (!isArchivable(entry)) {
        packUnsigned(entry, Path.of(jar(entry)));
      }
    }
  }

  private static void packDirectory(Path directory, Path jar) throws IOException {
    TreeMap<String, Path> names = new TreeMap<>();
    for (Path file : files(directory)) {
      names.put(directory.relativize(file).toString().replace(File.separatorChar, '/'), file);
    }
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (var name : names.entrySet()) {
        zip.putNextEntry(new ZipEntry(name.getKey()));
        Files.copy(name.getValue(), zip);
      }
    }
  }

  private static void packUnsigned(Path signed, Path jar) throws IOException {
    try (ZipFile from = new ZipFile(signed.toFile());
        OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setLevel(Deflater.BEST_SPEED);
      for (ZipEntry entry : Collections.list(from.entries())) {
        if (!SIGNATURE.matcher(entry.getName()).matches()) {
          zip.putNextEntry(new ZipEntry(entry.getName()));
          from.getInputStream(entry).transferTo(zip);
        }
      }
    }
  }

  private static boolean train(String classPath) throws IOException {
    Files.deleteIfExists(ARCHIVE);
    List<String> command = new ArrayList<>(List.of(KernelProcess.java()));
    command.addAll(QUIET);
    command.addAll(KernelProcess.SMALL);
    command.addAll(KernelProcess.programs());
    command.add("-XX:ArchiveClassesAtExit=" + ARCHIVE);
    command.addAll(List.of("-cp", classPath, ClassTraining.class.getName()));
    Path log = PLACE.resolve("training.log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    boolean done = endsWell(process) && Files.exists(ARCHIVE);
    if (!done) {
      System.err.println("no class archive, starts take longer: " + log);
    }
    return done;
  }

  private static boolean endsWell(Process process) {
    try {
      return process.waitFor(2, TimeUnit.MINUTES) && process.exitValue() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
