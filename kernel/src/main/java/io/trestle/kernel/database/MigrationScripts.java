package io.trestle.kernel.database;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * What the code of a module brings: version to checksum. The checksum is Flyway's (CRC32 over the
 * lines without their ends), so that a start can compare with the history table without loading
 * Flyway.
 */
final class MigrationScripts {
  private static final Pattern FILE = Pattern.compile("V([0-9]{1,9})__[A-Za-z0-9_]+\\.sql");

  private MigrationScripts() {}

  static Map<Integer, Integer> read(MigrationSet set) {
    Map<Integer, Integer> checksums = new TreeMap<>();
    try {
      for (URL folder : Collections.list(set.loader().getResources(set.folder()))) {
        for (String file : files(folder, set.folder())) {
          add(checksums, set, file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return checksums;
  }

  private static void add(Map<Integer, Integer> checksums, MigrationSet set, String file)
      throws IOException {
    Matcher matcher = FILE.matcher(file);
    if (!matcher.matches()) {
      throw new DatabaseFailure(
          DatabaseFailure.Kind.MIGRATION,
          "%s/%s: (expected: V<number>__<title>.sql)".formatted(set.folder(), file));
    }
    if (checksums.put(Integer.valueOf(matcher.group(1)), checksum(set, file)) != null) {
      throw new DatabaseFailure(
          DatabaseFailure.Kind.MIGRATION,
          "%s: two files of version %s".formatted(set.folder(), matcher.group(1)));
    }
  }

  private static List<String> files(URL folder, String name) throws IOException {
    URLConnection connection = folder.openConnection();
    return connection instanceof JarURLConnection jar
        ? inJar(jar, name + "/")
        : inDirectory(folder);
  }

  private static List<String> inDirectory(URL folder) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(new URI(folder.toString())))) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    } catch (URISyntaxException e) {
      throw new IOException("class path entry " + folder, e);
    }
  }

  private static List<String> inJar(JarURLConnection connection, String prefix) throws IOException {
    connection.setUseCaches(false);
    try (JarFile jar = connection.getJarFile()) {
      return jar.stream()
          .map(entry -> entry.getName())
          .filter(entry -> entry.startsWith(prefix) && entry.length() > prefix.length())
          .map(entry -> entry.substring(prefix.length()))
          .sorted()
          .toList();
    }
  }

  private static int checksum(MigrationSet set, String file) throws IOException {
    String path = set.folder() + "/" + file;
    URL url = set.loader().getResource(path);
    if (url == null) {
      throw new IOException(path + " vanished");
    }
    URLConnection connection = url.openConnection();
    connection.setUseCaches(false);
    CRC32 crc = new CRC32();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        crc.update(line.getBytes(StandardCharsets.UTF_8));
      }
    }
    return (int) crc.getValue();
  }
}
