package io.trestle.kernel.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import io.vertx.pgclient.SslMode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DsnTest {

  @Test
  void parse_everyPart_isRead() {
    Dsn dsn =
        Dsn.parse(
            "postgresql://al%40ice:p%2Fw%20+x@db.example:6543/my%2Ddb?sslmode=disable"
                + "&pool_max_conns=8&application_name=me");

    assertThat(dsn.user()).isEqualTo("al@ice");
    assertThat(dsn.password()).isEqualTo("p/w +x");
    assertThat(dsn.host()).isEqualTo("db.example");
    assertThat(dsn.port()).isEqualTo(6543);
    assertThat(dsn.database()).isEqualTo("my-db");
    assertThat(dsn.sslMode()).isEqualTo(SslMode.DISABLE);
    assertThat(dsn.maxConnections()).isEqualTo(8);
    assertThat(dsn.connectOptions().getProperties()).containsEntry("application_name", "me");
  }

  @Test
  void parse_leastParts_takesDefaults() {
    Dsn dsn = Dsn.parse("postgres://bob@localhost");

    assertThat(dsn.password()).isEmpty();
    assertThat(dsn.port()).isEqualTo(5432);
    assertThat(dsn.database()).isEqualTo("bob");
    assertThat(dsn.sslMode()).isEqualTo(SslMode.PREFER);
    assertThat(dsn.maxConnections()).isEqualTo(16);
  }

  @Test
  void parse_noUser_isTheOneOfTheOperatingSystem() {
    String name = System.getProperty("user.name");

    assertThat(Dsn.parse("postgres://h/d").user()).isEqualTo(name);
    assertThat(Dsn.parse("postgres://h:6000").database()).isEqualTo(name);
    assertThat(Dsn.parse("postgres://:p@h/d").user()).isEqualTo(name);
  }

  @Test
  void parse_partsAsParameters_areTakenAsLibpqDoes() {
    Dsn dsn =
        Dsn.parse("postgres:///?host=db.example&port=6543&dbname=d&user=al%40ice&password=p%26w");

    assertThat(dsn.masked()).startsWith("postgres://al%40ice:***@db.example:6543/d?");
    assertThat(dsn.password()).isEqualTo("p&w");
  }

  @Test
  void parse_options_areToldToTheServer() {
    Dsn dsn = Dsn.parse("postgres://u@h/d?options=-c%20search_path%3Dhere");

    assertThat(dsn.connectOptions().getProperties())
        .containsEntry("options", "-c search_path=here");
    assertThat(dsn.jdbcUrl()).contains("&options=-c%20search_path%3Dhere");
    assertThat(dsn.warnings()).isEmpty();
  }

  @Test
  void parse_whatLibpqKnows_isTakenOrWarnedOf_withoutItsValue() {
    Dsn dsn =
        Dsn.parse(
            "postgres://u@h/d?target_session_attrs=read-write&client_encoding=UTF8&keepalives=1"
                + "&gssencmode=disable&connect_timeout=3&sslpassword=hidden&pool_min_conns=2");

    assertThat(dsn.warnings())
        .containsExactly(
            "connect_timeout is not honoured: an attempt ends after 5 to 10 s, and is repeated",
            "sslpassword is not honoured",
            "pool_min_conns is not honoured");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "require_auth=scram-sha-256",
        "sslcrl=/etc/revoked.pem",
        "sslcrldir=/etc/revoked",
        "gssencmode=require",
        "sslcertmode=require",
        "ssl_min_protocol_version=TLSv1.3"
      })
  void parse_protectionThatWouldNotBeThere_isRefusedByName(String parameter) {
    String name = parameter.substring(0, parameter.indexOf('='));

    assertThatThrownBy(() -> Dsn.parse("postgres://u:p@h/d?" + parameter))
        .isInstanceOf(DatabaseFailure.class)
        .hasMessageContaining(name + ": cannot be kept");
  }

  @Test
  void parse_protectionThatIsThereAnyway_isSilent() {
    Dsn dsn =
        Dsn.parse(
            "postgres://u:p@h/d?ssl_min_protocol_version=TLSv1.2&require_auth=&sslcrl="
                + "&gssencmode=prefer&sslcertmode=allow");

    assertThat(dsn.warnings()).isEmpty();
  }

  @Test
  void parse_ipv6Host_isReadAndBracketedAgain() {
    Dsn dsn = Dsn.parse("postgres://u:p@[::1]:5433/d?sslmode=disable");

    assertThat(dsn.host()).isEqualTo("::1");
    assertThat(dsn.port()).isEqualTo(5433);
    assertThat(dsn.jdbcUrl()).startsWith("jdbc:postgresql://[::1]:5433/d?sslmode=disable");
    assertThat(dsn.masked()).contains("@[::1]:5433/");
  }

  @Test
  void parse_requireWithRootCertificate_verifiesTheChain(@TempDir Path dir) throws Exception {
    Path pem = Files.createFile(dir.resolve("ca.pem"));

    Dsn dsn = Dsn.parse("postgres://u:p@h/d?sslmode=require&sslrootcert=" + pem);

    assertThat(dsn.sslMode()).isEqualTo(SslMode.VERIFY_CA);
    assertThat(dsn.jdbcUrl()).contains("sslmode=verify-ca").contains("&sslrootcert=");
  }

  @Test
  void connectOptions_verifyFull_checksTheHostName() {
    Dsn dsn = Dsn.parse("postgres://u:p@h/d?sslmode=verify-full&sslrootcert=system");

    assertThat(dsn.connectOptions().getSslOptions().getHostnameVerificationAlgorithm())
        .isEqualTo("HTTPS");
    assertThat(dsn.connectOptions().getSslOptions().isTrustAll()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mysql://u:secret@h/d | scheme",
        "postgres://u:secret | user: missing",
        "postgres://u:secret?x@h/d | user: missing",
        "postgres://u:sec/ret@h/d | user: missing",
        "postgres://u:secret@/d | host: missing",
        "postgres://u:secret@a,b/d | host: a,b",
        "postgres://u:secret@h:0/d | port: 0 (expected: 1 to 65535)",
        "postgres://u:secret@h:x/d | port: x",
        "postgres://u:secret@[::1/d | host: '['",
        "postgres://u:se%zzcret@h/d | password: broken percent-encoding",
        "postgres://u:secret@h/d?sslmode=maybe | sslmode: maybe (expected: disable",
        "postgres://u:secret@h/d?sslrootcert=/no/such/file | sslrootcert: /no/such/file",
        "postgres://u:secret@h/d?conect_timeout=3 | conect_timeout: unknown parameter",
        "postgres://u:secret@h/d?target_session_attrs=standby | target_session_attrs: standby",
        "postgres://u:secret@h/d?sslmode=disable&sslmode=require | sslmode: given twice",
        "postgres://u:secret@h/d?pool_max_conns=many | pool_max_conns: many (expected: 4 to"
      })
  void parse_wrongPart_isNamedAndPasswordIsNot(String text, String message) {
    assertThatThrownBy(() -> Dsn.parse(text))
        .isInstanceOf(DatabaseFailure.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("secret")
        .hasMessageNotContaining("ret@");
  }

  @Test
  @Acceptance("WI-63")
  void parse_poolBelowFour_isRefusedByName() {
    assertThatThrownBy(() -> Dsn.parse("postgres://u:p@h/d?sslmode=disable&pool_max_conns=3"))
        .isInstanceOf(DatabaseFailure.class)
        .hasMessageContaining("pool_max_conns: 3 (expected: 4 to");
  }

  @Test
  void toString_withPassword_masksIt() {
    Dsn dsn = Dsn.parse("postgres://u:secret@h/d?sslmode=disable");

    assertThat(dsn.toString())
        .isEqualTo("postgres://u:***@h:5432/d?sslmode=disable&pool_max_conns=16");
  }

  @ParameterizedTest
  @CsvSource({
    "postgres://u:secret@h/d, postgres://u:***@h/d",
    "cannot reach postgres://u:se@c:ret@h/d now, cannot reach postgres://u:***@h/d now",
    "postgres://u@h/d?password=secret&x=1, postgres://u@h/d?password=***&x=1",
    "nothing here, nothing here"
  })
  void mask_anyText_hidesPasswords(String text, String masked) {
    assertThat(Dsn.mask(text)).isEqualTo(masked);
  }

  @Test
  void budget_anyTotal_sharesOutNoMoreThanTheTotal() {
    for (int total = ConnectionBudget.MINIMUM; total < 100; total++) {
      ConnectionBudget budget = new ConnectionBudget(total);
      assertThat(budget.pool()).isPositive();
      assertThat(ConnectionBudget.CONTROL + ConnectionBudget.LANES + budget.pool())
          .isEqualTo(total);
      assertThat(ConnectionBudget.CONTROL + ConnectionBudget.MIGRATIONS).isLessThanOrEqualTo(total);
    }
  }
}
