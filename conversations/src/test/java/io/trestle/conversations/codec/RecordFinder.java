package io.trestle.conversations.codec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds classes in a directory of compiled classes, so that no list of them has to be kept. */
public final class RecordFinder {
  private RecordFinder() {}

  /**
   * All records of that package and those below it, among the classes compiled with the witness.
   */
  public static List<Class<?>> records(Class<?> witness, String inPackage) {
    return classes(witness, inPackage).stream().filter(Class::isRecord).toList();
  }

  /** All classes of that package and those below it, by name; nothing is initialised. */
  public static List<Class<?>> classes(Class<?> witness, String inPackage) {
    Path root = root(witness);
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .map(file -> root.relativize(file).toString().replace('/', '.').replace('\\', '.'))
          .filter(name -> name.startsWith(inPackage + ".") && name.endsWith(".class"))
          .map(name -> name.substring(0, name.length() - ".class".length()))
          .filter(name -> !name.endsWith("-info"))
          .sorted()
          .<Class<?>>map(name -> load(name, witness))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path root(Class<?> witness) {
    try {
      return Path.of(witness.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Class<?> load(String name, Class<?> witness) {
    try {
      return Class.forName(name, false, witness.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }
}
