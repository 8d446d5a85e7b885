package io.trestle.kernel.settings;

import io.trestle.kernel.database.DirectWrites;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * All SQL on {@code runtime_settings}. The table has some eighty rows; its primary key serves every
 * statement.
 */
public final class SettingsStore {
  private static final String READ = "SELECT key, value FROM runtime_settings";

  private static final String WRITE =
      """
      INSERT INTO runtime_settings (key, value, updated_at) VALUES ($1, $2, now())
      ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
      """;

  private static final String SEED =
      """
      INSERT INTO runtime_settings (key, value)
      SELECT seed.key, seed.value FROM unnest($1::text[], $2::text[]) AS seed (key, value)
      ON CONFLICT (key) DO NOTHING
      """;

  private final SqlClient client;
  private final DirectWrites writes;

  /** A store that seeds and reads, on a pool or a connection. */
  public SettingsStore(SqlClient client) {
    this(client, DirectWrites.unfenced(client));
  }

  SettingsStore(SqlClient client, DirectWrites writes) {
    this.client = client;
    this.writes = writes;
  }

  /** Adds the default of every key that has no row yet; answers how many were added. */
  public Future<Integer> seed(Collection<? extends SettingKey<?>> keys) {
    Tuple arrays =
        Tuple.tuple()
            .addArrayOfString(keys.stream().map(SettingKey::name).toArray(String[]::new))
            .addArrayOfString(keys.stream().map(SettingKey::defaultText).toArray(String[]::new));
    return client.preparedQuery(SEED).execute(arrays).map(rows -> rows.rowCount());
  }

  Future<Map<String, String>> read() {
    return client.preparedQuery(READ).execute().map(SettingsStore::toMap);
  }

  Future<Void> write(String key, String value) {
    return writes.write(WRITE, Tuple.of(key, value)).mapEmpty();
  }

  private static Map<String, String> toMap(Iterable<Row> rows) {
    Map<String, String> map = new HashMap<>();
    for (Row row : rows) {
      String value = row.getString(1);
      map.put(row.getString(0), value == null ? "" : value);
    }
    return map;
  }
}
