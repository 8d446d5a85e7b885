package io.trestle.sdk.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.trestle.sdk.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@code .proto} file, read at run time (rpc.md 7.1). Needs {@code
 * com.squareup.wire:wire-schema-jvm} on the class path, which nothing else of the SDK does.
 *
 * <p>proto2 and proto3, at most 1 MiB a file. Imports are found below the root; those of {@code
 * google/protobuf} come with protobuf. Extensions and custom options are not read: they are no part
 * of a contract.
 */
public final class ProtoFile {
  private final FileDescriptor file;

  private ProtoFile(FileDescriptor file) {
    this.file = file;
  }

  /**
   * Reads a file; what it imports is found below its directory.
   *
   * @throws ConfigurationException if it cannot be read or is none; the message begins with {@code
   *     serde:} and names file and line
   */
  public static ProtoFile load(Path path) {
    Path absolute = path.toAbsolutePath();
    Path name = absolute.getFileName();
    Path directory = absolute.getParent();
    if (name == null || directory == null) {
      throw new ConfigurationException("serde: " + path + ": cannot be read: no file");
    }
    return load(directory, name.toString());
  }

  /**
   * Reads a file; what it imports is found below the root.
   *
   * @param file relative to the root, with {@code /}, as an import would name it
   * @throws ConfigurationException as {@link #load(Path)}
   */
  public static ProtoFile load(Path root, String file) {
    return read(file, path -> text(root.resolve(path)));
  }

  /**
   * Reads a text, which imports nothing but {@code google/protobuf}.
   *
   * @throws ConfigurationException as {@link #load(Path)}
   */
  public static ProtoFile parse(String text) {
    return read("schema.proto", path -> path.equals("schema.proto") ? text : null);
  }

  private static @Nullable String text(Path path) {
    return Files.exists(path) ? SourceFiles.read(path) : null;
  }

  private static ProtoFile read(String file, ProtoReader.Sources sources) {
    try {
      return new ProtoFile(ProtoReader.read(file, sources));
    } catch (NoClassDefFoundError e) {
      throw new ConfigurationException(
          "serde: .proto files need com.squareup.wire:wire-schema-jvm on the class path", e);
    }
  }

  /** What was read. */
  public FileDescriptor descriptor() {
    return file;
  }

  /**
   * The messages of a method, by the {@code rpc} of this name in any service block.
   *
   * @throws ConfigurationException if there is none, or there are two with different messages
   */
  public MethodSchema method(String name) {
    MethodDescriptor found = null;
    for (ServiceDescriptor service : file.getServices()) {
      MethodDescriptor method = service.findMethodByName(name);
      if (method != null && found != null && !same(method, found)) {
        throw unresolved(name, found.getFullName() + " and " + method.getFullName() + " differ");
      }
      found = method == null ? found : method;
    }
    if (found == null) {
      throw unresolved(name, "no service block of " + file.getName() + " has an rpc of this name");
    }
    return MethodSchema.of(found);
  }

  /**
   * Two messages, by name: full, or within the package of the file.
   *
   * @throws ConfigurationException if one is not there
   */
  public MethodSchema messages(String input, String output) {
    return MethodSchema.of(message(input), message(output));
  }

  /** All methods of all service blocks. */
  List<MethodDescriptor> methods() {
    if (file.getServices().isEmpty()) {
      throw new ConfigurationException("serde: " + file.getName() + ": no service block");
    }
    return file.getServices().stream().flatMap(s -> s.getMethods().stream()).toList();
  }

  /**
   * A message, by name: full, or within the package of the file.
   *
   * @throws ConfigurationException if it is not there
   */
  public Descriptor message(String name) {
    String prefix = file.getPackage().isEmpty() ? "" : file.getPackage() + ".";
    String local = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    List<Descriptor> within = file.getMessageTypes();
    Descriptor found = null;
    for (String part : local.split("\\.", -1)) {
      found = within.stream().filter(m -> m.getName().equals(part)).findFirst().orElse(null);
      within = found == null ? List.of() : found.getNestedTypes();
    }
    if (found == null) {
      throw unresolved(name, "no message of this name in " + file.getName());
    }
    return found;
  }

  private static boolean same(MethodDescriptor one, MethodDescriptor other) {
    return one.getInputType().equals(other.getInputType())
        && one.getOutputType().equals(other.getOutputType())
        && one.isServerStreaming() == other.isServerStreaming();
  }

  private static ConfigurationException unresolved(String name, String reason) {
    return new ConfigurationException(
        "serde: cannot resolve input/output for " + name + ": " + reason);
  }
}
