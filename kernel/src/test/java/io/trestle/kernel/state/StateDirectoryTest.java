package io.trestle.kernel.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import io.trestle.kernel.state.StateDirectory.LiveRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateDirectoryTest {
  @TempDir Path temporary;
  private Path root;

  @BeforeEach
  void choose() {
    root = temporary.resolve("x/.trestle");
  }

  private static String rights(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void open_nothingThere_makesBothWithMode0700() throws IOException {
    StateDirectory state = StateDirectory.embedded(root);

    assertThat(state.path()).isEqualTo(root.resolve("embedded"));
    assertThat(rights(root)).isEqualTo("rwx------");
    assertThat(rights(state.path())).isEqualTo("rwx------");
  }

  @Test
  void open_databaseWithAnOddName_staysInsideTheRoot() {
    StateDirectory state = StateDirectory.ofDatabase(root, "7123", "../a b");

    assertThat(state.path()).isEqualTo(root.resolve("7123-..%2Fa%20b")).isDirectory();
  }

  @Test
  void open_ownRootThatIsWider_narrowsIt() throws IOException {
    Files.createDirectories(root.resolve("embedded"));
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));

    StateDirectory state = StateDirectory.embedded(root);

    assertThat(rights(root)).isEqualTo("rwx------");
    assertThat(rights(state.path())).isEqualTo("rwx------");
  }

  @Test
  void open_sharedDirectoryOfOthersThings_isRefusedAndLeftAsItIs() throws IOException {
    Files.createFile(temporary.resolve("theirs"));
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));

    assertThatThrownBy(() -> StateDirectory.embedded(temporary))
        .isInstanceOf(StateException.class)
        .hasMessageContaining(temporary + ": others may enter it (expected: mode 0700;");
    assertThat(rights(temporary)).isEqualTo("rwxr-xr-x");
  }

  @Test
  @Acceptance("FL-29")
  void adminToken_none_isMadeWithMode0600AndKept() throws IOException {
    StateDirectory state = StateDirectory.embedded(root);

    AdminToken made = state.adminToken();
    Path file = state.path().resolve("admin-token");

    assertThat(made.reveal()).matches("[A-Za-z0-9_-]{43}").isEqualTo(Files.readString(file));
    assertThat(rights(file)).isEqualTo("rw-------");
    assertThat(state.adminToken().reveal()).isEqualTo(made.reveal());
    assertThat(state.path()).isDirectoryNotContaining(path -> path.toString().endsWith(".new"));
  }

  @Test
  @Acceptance("FL-29")
  void adminToken_fileOpenToOthers_isRefused() throws IOException {
    StateDirectory state = StateDirectory.embedded(root);
    String secret = state.adminToken().reveal();
    Path file = state.path().resolve("admin-token");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

    assertThatThrownBy(state::adminToken)
        .isInstanceOf(StateException.class)
        .hasMessageContaining(file + ": others may read or write it (expected: mode 0600;")
        .hasMessageNotContaining(secret);
  }

  @Test
  void adminToken_deleted_isMadeAnew() throws IOException {
    StateDirectory state = StateDirectory.embedded(root);
    String first = state.adminToken().reveal();
    Files.delete(state.path().resolve("admin-token"));

    assertThat(state.adminToken().reveal()).isNotEqualTo(first);
  }

  @Test
  void adminToken_garbledFile_isRefused() throws IOException {
    StateDirectory state = StateDirectory.embedded(root);
    PrivateFiles.write(state.path().resolve("admin-token"), new byte[] {1, 2});

    assertThatThrownBy(state::adminToken).hasMessageContaining("holds no token");
  }

  @Test
  void adminToken_matchesItselfOnlyAndIsMasked() {
    AdminToken token = AdminToken.random();

    assertThat(token.matches(token.reveal())).isTrue();
    assertThat(token.matches(token.reveal() + "A")).isFalse();
    assertThat(token.matches("")).isFalse();
    assertThat(token).hasToString("AdminToken[****]");
  }

  @Test
  void runtime_written_isFoundAndRemoved() throws IOException {
    StateDirectory state = StateDirectory.ofDatabase(root, "1", "d");
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    RuntimeInfo info =
        RuntimeInfo.ofThisProcess(List.of("127.0.0.1:14445"), List.of("http://127.0.0.1:1"), now);

    state.writeRuntime(info);

    assertThat(StateDirectory.liveRuntimes(root))
        .containsExactly(new LiveRuntime(state.path(), info));
    assertThat(StateDirectory.liveRuntimes(root).get(0).tokenFile())
        .isEqualTo(state.path().resolve("admin-token"));
    assertThat(Files.readString(state.path().resolve("runtime.json")))
        .isEqualTo(
            "{\"pid\":%d,\"grpc\":[\"127.0.0.1:14445\"],\"http\":[\"http://127.0.0.1:1\"],\"started_at\":\"%s\"}"
                .formatted(ProcessHandle.current().pid(), now));
    state.removeRuntime();
    assertThat(StateDirectory.liveRuntimes(root)).isEmpty();
    assertThat(state.path().resolve("runtime.json")).doesNotExist();
  }

  @Test
  void runtime_processGone_isIgnoredAndLeft() throws Exception {
    StateDirectory state = StateDirectory.embedded(root);
    Process process = new ProcessBuilder("true").start();
    process.waitFor();

    state.writeRuntime(new RuntimeInfo(process.pid(), List.of(), List.of(), Instant.now()));

    assertThat(StateDirectory.liveRuntimes(root)).isEmpty();
    assertThat(state.liveRuntime()).isEmpty();
    state.removeRuntime();
    assertThat(state.path().resolve("runtime.json")).exists();
  }

  @Test
  void runtime_processNumberUsedAgain_isIgnored() {
    StateDirectory state = StateDirectory.embedded(root);
    Instant before = Instant.now().minus(400, ChronoUnit.DAYS);

    state.writeRuntime(RuntimeInfo.ofThisProcess(List.of(), List.of(), before));

    assertThat(state.liveRuntime()).isEmpty();
  }

  @Test
  void runtime_garbledFileOrNoRoot_countsAsNone() throws IOException {
    assertThat(StateDirectory.liveRuntimes(root)).isEmpty();
    StateDirectory state = StateDirectory.embedded(root);
    Files.writeString(state.path().resolve("runtime.json"), "{\"pid\":");

    assertThat(StateDirectory.liveRuntimes(root)).isEmpty();
  }
}
