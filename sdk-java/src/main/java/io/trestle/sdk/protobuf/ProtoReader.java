package io.trestle.sdk.protobuf;

import com.google.protobuf.AnyProto;
import com.google.protobuf.ApiProto;
import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DurationProto;
import com.google.protobuf.EmptyProto;
import com.google.protobuf.FieldMaskProto;
import com.google.protobuf.SourceContextProto;
import com.google.protobuf.StructProto;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.TypeProto;
import com.google.protobuf.WrappersProto;
import com.squareup.wire.schema.Location;
import com.squareup.wire.schema.internal.parser.ProtoFileElement;
import com.squareup.wire.schema.internal.parser.ProtoParser;
import io.trestle.sdk.ConfigurationException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@code .proto} file and what it imports. Wire parses the text, {@link ProtoConversion}
 * makes protobuf's own description of it, and protobuf links the names. So the rules of scopes are
 * protobuf's, and so are the descriptors: everything else works as with generated classes.
 */
final class ProtoReader {
  private static final String SYNTAX = "Syntax error in ";
  private static final Map<String, FileDescriptor> WELL_KNOWN =
      Stream.of(
              AnyProto.getDescriptor(),
              ApiProto.getDescriptor(),
              DescriptorProtos.getDescriptor(),
              DurationProto.getDescriptor(),
              EmptyProto.getDescriptor(),
              FieldMaskProto.getDescriptor(),
              SourceContextProto.getDescriptor(),
              StructProto.getDescriptor(),
              TimestampProto.getDescriptor(),
              TypeProto.getDescriptor(),
              WrappersProto.getDescriptor())
          .collect(Collectors.toMap(FileDescriptor::getName, file -> file));

  private final Sources sources;
  private final Map<String, FileDescriptor> done = new HashMap<>(WELL_KNOWN);
  private final Set<String> open = new LinkedHashSet<>();

  /** The texts of files. */
  @FunctionalInterface
  interface Sources {
    /** The text of a file; null if there is none. */
    @Nullable String text(String path);
  }

  private ProtoReader(Sources sources) {
    this.sources = sources;
  }

  /**
   * Reads a file.
   *
   * @throws ConfigurationException if it cannot be used
   */
  static FileDescriptor read(String path, Sources sources) {
    try {
      return new ProtoReader(sources).file(path, path);
    } catch (StackOverflowError e) {
      throw wrong(path, "nested too deeply", e);
    }
  }

  private FileDescriptor file(String path, String importer) {
    FileDescriptor known = done.get(path);
    if (known != null) {
      return known;
    }
    String text = inside(path) ? sources.text(path) : null;
    if (text == null) {
      String where = path.equals(importer) ? "" : ", imported by " + importer;
      throw wrong(path, "no such file" + where, null);
    }
    if (!open.add(path)) {
      throw wrong(path, "imports itself: " + String.join(", ", open), null);
    }
    ProtoFileElement parsed = parse(path, text);
    List<FileDescriptor> imports = new ArrayList<>();
    ProtoConversion.imports(parsed).forEach(name -> imports.add(file(name, path)));
    FileDescriptor built = link(path, parsed, imports.toArray(new FileDescriptor[0]));
    open.remove(path);
    done.put(path, built);
    return built;
  }

  private static boolean inside(String path) {
    return !path.startsWith("/")
        && !path.contains("\\")
        && !Arrays.asList(path.split("/", -1)).contains("..");
  }

  /** Wire's parser throws whatever it comes across; its texts name line and column. */
  private static ProtoFileElement parse(String path, String text) {
    try {
      return ProtoParser.Companion.parse(Location.get(path), text);
    } catch (RuntimeException e) {
      String fault = String.valueOf(e.getMessage());
      boolean placed = fault.startsWith(SYNTAX + path + ":");
      throw placed
          ? new ConfigurationException("serde: " + fault.substring(SYNTAX.length()), e)
          : wrong(path, fault, e);
    }
  }

  private static FileDescriptor link(
      String path, ProtoFileElement parsed, FileDescriptor[] imports) {
    try {
      FileDescriptorProto file = new ProtoConversion(path, parsed).file();
      return FileDescriptor.buildFrom(file, imports);
    } catch (ProtoConversion.Unsupported e) {
      throw new ConfigurationException("serde: " + e.getMessage(), e);
    } catch (DescriptorValidationException e) {
      throw wrong(path, e.getProblemSymbolName() + ": " + e.getDescription(), e);
    }
  }

  private static ConfigurationException wrong(
      String path, String fault, @Nullable Throwable cause) {
    return new ConfigurationException("serde: " + path + ": " + fault, cause);
  }
}
