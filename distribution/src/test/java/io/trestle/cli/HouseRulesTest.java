package io.trestle.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxException;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The arrows of the house (architecture.md 1), over everything that is assembled here. */
@Acceptance("FL-31")
class HouseRulesTest {
  /** Rooms of modules; each is a package below {@code io.trestle}. */
  private static final List<String> MODULES = List.of("pki", "registry", "rpc", "events", "traces");

  private static final String[] MODULE_PACKAGES =
      MODULES.stream().map(m -> "io.trestle." + m + "..").toArray(String[]::new);

  private static final String[] LIBRARIES_WITH_IO = {
    "io.vertx..",
    "io.netty..",
    "java.io..",
    "java.nio.file..",
    "java.nio.channels..",
    "java.net..",
    "java.sql.."
  };

  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.trestle");

  @Test
  void house_isAllHere() {
    Stream.concat(MODULES.stream(), Stream.of("kernel", "conversations", "protocol", "sdk", "cli"))
        .forEach(
            room ->
                assertThat(HOUSE.that(resideInAPackage("io.trestle." + room + "..")))
                    .as(room)
                    .isNotEmpty());
    for (String outbox : List.of("sqlite", "jdbc")) {
      assertThat(HOUSE.that(resideInAPackage("io.trestle.sdk.outbox." + outbox))).isNotEmpty();
    }
    assertThat(HOUSE.that(resideInAPackage("..core.."))).as("cores").isNotEmpty();
  }

  @Test
  void module_importsNoOther() {
    for (String module : MODULES) {
      String own = "io.trestle." + module + "..";
      noClasses()
          .that()
          .resideInAPackage(own)
          .should()
          .dependOnClassesThat(resideInAnyPackage(MODULE_PACKAGES).and(not(resideInAPackage(own))))
          .check(HOUSE);
    }
  }

  @Test
  void module_importsOnlyKernelConversationsAndProtocol() {
    noClasses()
        .that()
        .resideInAnyPackage(MODULE_PACKAGES)
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.trestle..")
                .and(not(resideInAnyPackage(MODULE_PACKAGES)))
                .and(
                    not(
                        resideInAnyPackage(
                            "io.trestle.kernel..",
                            "io.trestle.conversations..",
                            "io.trestle.protocol.."))))
        .check(HOUSE);
  }

  @Test
  void kernel_importsNoModuleAndNothingAboveIt() {
    noClasses()
        .that()
        .resideInAPackage("io.trestle.kernel..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.trestle..")
                .and(
                    not(
                        resideInAnyPackage(
                            "io.trestle.kernel..",
                            "io.trestle.conversations..",
                            "io.trestle.protocol.."))))
        .check(HOUSE);
  }

  @Test
  void conversations_areValues() {
    noClasses()
        .that()
        .resideInAPackage("io.trestle.conversations..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("io.vertx..", "io.netty..", "com.google.protobuf..", "io.trestle..")
                .and(not(resideInAPackage("io.trestle.conversations.."))))
        .check(HOUSE);
  }

  /** Bytes in memory are no I/O: {@code java.io}'s exceptions and array streams may be used. */
  @Test
  void core_knowsNoVertxAndDoesNoIo() {
    DescribedPredicate<JavaClass> inMemory =
        simpleName("IOException")
            .or(simpleName("UncheckedIOException"))
            .or(simpleName("Serializable"))
            .or(simpleName("ByteArrayInputStream"))
            .or(simpleName("ByteArrayOutputStream"));
    noClasses()
        .that()
        .resideInAnyPackage(
            Stream.concat(MODULES.stream(), Stream.of("sdk.internal.outbox"))
                .map(m -> "io.trestle." + m + ".core..")
                .toArray(String[]::new))
        .should()
        .dependOnClassesThat(resideInAnyPackage(LIBRARIES_WITH_IO).and(not(inMemory)))
        .check(HOUSE);
  }

  @Test
  void core_hasNoClockOfItsOwn() {
    noClasses()
        .that()
        .resideInAPackage("io.trestle..core..")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .check(HOUSE);
  }

  @Test
  void sdk_seesProtocolOnly() {
    noClasses()
        .that()
        .resideInAPackage("io.trestle.sdk..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.trestle..")
                .and(not(resideInAnyPackage("io.trestle.sdk..", "io.trestle.protocol.."))))
        .check(HOUSE);
  }

  @Test
  void protocol_rootKnowsNoVertx() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.trestle.protocol",
            "io.trestle.protocol.events",
            "io.trestle.protocol.schema",
            "io.trestle.protocol.v1")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.vertx..", "io.netty..")
        .check(HOUSE);
  }

  /**
   * Whatever an application can name: what these classes extend and implement, and the types, with
   * their type arguments, of public and protected fields, parameters, results and exceptions. The
   * code of an error is the one thing of ours besides: applications decide by it.
   */
  @Test
  void sdk_publicApiIsOfJdkTypes() {
    classes()
        .that()
        .resideInAnyPackage("io.trestle.sdk", "io.trestle.sdk.outbox..")
        .and()
        .arePublic()
        .should(showOnlyTypesOfTheJdk())
        .check(HOUSE);
  }

  @Test
  void sdk_publicApi_withALibraryInAnyPlace_isSeen() {
    JavaClass leaky = new ClassFileImporter().importClasses(Leaky.class).get(Leaky.class);

    assertThat(leaky.getMembers().stream().flatMap(HouseRulesTest::apiTypes))
        .filteredOn(type -> !isOfJdkOrOfTheApi(type))
        .extracting(type -> type.getBaseComponentType().getSimpleName())
        .containsExactlyInAnyOrder(
            "Vertx", "Buffer", "Future", "Message", "ByteString", "VertxException");
  }

  /** What only its package can name does not count. */
  abstract static class Leaky {
    protected @Nullable Vertx field;

    protected Leaky(Map<String, ? extends Buffer[]> argumentOfAType) {}

    public abstract Future<String> result(Message parameter);

    public abstract <T extends ByteString> void bound(List<T> parameter);

    public abstract void failing() throws VertxException;

    void inside(ClassFileImporter parameter) {}
  }

  private static ArchCondition<JavaClass> showOnlyTypesOfTheJdk() {
    return new ArchCondition<>("show only types of the JDK") {
      @Override
      public void check(JavaClass api, ConditionEvents events) {
        Stream<JavaClass> parents =
            Stream.concat(api.getSuperclass().stream(), api.getInterfaces().stream())
                .flatMap(type -> type.getAllInvolvedRawTypes().stream());
        Stream.concat(parents, api.getMembers().stream().flatMap(HouseRulesTest::apiTypes))
            .filter(type -> !isOfJdkOrOfTheApi(type))
            .map(type -> api.getName() + " shows " + type.getName())
            .forEach(text -> events.add(SimpleConditionEvent.violated(api, text)));
      }
    };
  }

  private static Stream<JavaClass> apiTypes(JavaMember member) {
    Set<JavaModifier> modifiers = member.getModifiers();
    if (!modifiers.contains(JavaModifier.PUBLIC) && !modifiers.contains(JavaModifier.PROTECTED)) {
      return Stream.empty();
    }
    Stream<JavaClass> thrown =
        member instanceof JavaCodeUnit code ? code.getExceptionTypes().stream() : Stream.empty();
    return Stream.concat(member.getAllInvolvedRawTypes().stream(), thrown);
  }

  private static boolean isOfJdkOrOfTheApi(JavaClass type) {
    JavaClass element = type.getBaseComponentType();
    String room = element.getPackageName();
    return element.isPrimitive()
        || room.startsWith("java.")
        || room.equals("javax.sql") // of the JDK, as java.sql is
        || room.equals("io.trestle.sdk")
        || room.startsWith("io.trestle.sdk.outbox")
        || element.isEquivalentTo(ErrorCode.class);
  }

  @Test
  void modules_areFreeOfCycles() {
    slices().matching("io.trestle.(*)..").should().beFreeOfCycles().check(HOUSE);
  }

  @Test
  void classes_ofModules_arePublicOnlyWhereServiceLoaderAsks() {
    classes()
        .that()
        .resideInAnyPackage(MODULES.stream().map(m -> "io.trestle." + m).toArray(String[]::new))
        .and()
        .arePublic()
        .should()
        .beAssignableTo(io.trestle.kernel.Module.class)
        .check(HOUSE);
  }
}
