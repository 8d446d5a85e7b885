package io.trestle.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import io.trestle.protocol.RpcMethod.Kind;
import io.trestle.protocol.ext.v1.TraceStreamsOuterClass;
import org.junit.jupiter.api.Test;

/** The catalogue of our own methods against their file, which is none of the official ones. */
class ExtensionMethodsTest {
  private static final FileDescriptor FILE = TraceStreamsOuterClass.getDescriptor();

  @Test
  void catalogue_equalsTheServices() {
    assertThat(ExtensionMethods.ALL)
        .extracting(method -> method.path() + " " + method.kind())
        .containsExactlyElementsOf(
            FILE.getServices().stream()
                .flatMap(service -> service.getMethods().stream())
                .map(ExtensionMethodsTest::line)
                .toList());
  }

  private static String line(MethodDescriptor method) {
    Kind kind =
        method.isClientStreaming()
            ? Kind.BIDIRECTIONAL
            : method.isServerStreaming() ? Kind.SERVER_STREAM : Kind.UNARY;
    return "/" + method.getService().getFullName() + "/" + method.getName() + " " + kind;
  }

  @Test
  void file_isOfAPackageOfItsOwn() {
    assertThat(FILE.getPackage()).isEqualTo(ExtensionMethods.PACKAGE);
    assertThat(FILE.getDependencies()).isEmpty();
    assertThat(Methods.ALL).noneMatch(method -> method.path().contains(".ext."));
  }
}
