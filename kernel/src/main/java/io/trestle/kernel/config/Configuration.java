package io.trestle.kernel.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a start: YAML file, overridden by environment, overridden by flags.
 * Immutable and checked; the part of a module is checked when it is asked for with the record of
 * the module.
 *
 * <p>Of the environment three variables count: {@code SERVICEBRIDGE_PG_URL}, {@code
 * SERVICEBRIDGE_UI_SETUP_TOKEN} and {@code TRESTLE_STATE}. An empty variable is one that is not
 * set.
 */
public final class Configuration {
  private static final String PG_URL = "SERVICEBRIDGE_PG_URL";
  private static final String SETUP_TOKEN = "SERVICEBRIDGE_UI_SETUP_TOKEN";
  private static final String STATE = "TRESTLE_STATE";
  private static final List<String> TOP = List.of("modules", "database", "gateway");

  private final String file;
  private final ObjectNode modules;
  private final DatabaseConfig database;
  private final GatewayConfig gateway;
  private final Map<String, String> environment;
  private final Flags flags;

  private Configuration(
      String file, ObjectNode tree, Map<String, String> environment, Flags flags) {
    this.file = file;
    this.environment = environment;
    this.flags = flags;
    requireKnownKeys(tree);
    this.modules = map(tree, "modules");
    String urlSource = overrideDatabase(tree);
    this.database =
        RecordMapper.map(
            node(tree, "database"),
            DatabaseConfig.class,
            "database",
            key -> key.equals("database.url") && urlSource != null ? urlSource : file);
    this.gateway =
        RecordMapper.map(node(tree, "gateway"), GatewayConfig.class, "gateway", key -> file);
  }

  /**
   * Reads a file.
   *
   * @throws ConfigurationException naming file, key and what is allowed
   */
  public static Configuration load(Path file, Map<String, String> environment, Flags flags) {
    String shown = file.toString();
    return new Configuration(shown, YamlFile.read(file, shown), environment, flags);
  }

  /**
   * Takes YAML text, for a kernel inside another program.
   *
   * @param source name of the text in errors
   */
  public static Configuration parse(
      String yaml, String source, Map<String, String> environment, Flags flags) {
    return new Configuration(source, YamlFile.parse(yaml, source), environment, flags);
  }

  /** Names of the enabled modules, in the order of the file. */
  public Set<String> modules() {
    Set<String> names = new LinkedHashSet<>();
    modules.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /**
   * Refuses enabled modules that are not installed.
   *
   * @throws ConfigurationException naming the installed ones
   */
  public void requireInstalled(Collection<String> installed) {
    for (String name : modules()) {
      if (!installed.contains(name)) {
        throw new ConfigurationException(
            file,
            "modules." + name,
            "unknown module (expected: %s)".formatted(Suggestion.among(name, installed)));
      }
    }
  }

  /**
   * The configuration of a module; its defaults when the file says nothing.
   *
   * @throws ConfigurationException naming file, key and what is allowed
   */
  public <C extends Record> C module(String name, Class<C> type) {
    return RecordMapper.map(node(modules, name), type, "modules." + name, key -> file);
  }

  /** {@code database:}, with the URL of variable or flag. */
  public DatabaseConfig database() {
    return database;
  }

  /** {@code gateway:}. */
  public GatewayConfig gateway() {
    return gateway;
  }

  /** Runtime settings of this process only, by key. */
  public Map<String, String> settings() {
    return flags.settings();
  }

  /**
   * Where the state is kept: flag, else {@code TRESTLE_STATE}, else {@code .trestle} in the
   * checkout.
   */
  public Path stateRoot(Path checkout) {
    Path flag = flags.state();
    return flag != null
        ? flag
        : variable(STATE).map(Path::of).orElseGet(() -> checkout.resolve(".trestle"));
  }

  /** Token that the console asks for at its first set-up. */
  public Optional<String> setupToken() {
    return variable(SETUP_TOKEN);
  }

  /**
   * Everything that is in force, one dotted key a line, secrets masked.
   *
   * @param moduleConfigs the mapped records of the enabled modules, by module
   */
  public String effective(Map<String, ? extends Record> moduleConfigs) {
    List<String> lines = new ArrayList<>();
    EffectiveLines.of("database", database, lines);
    EffectiveLines.of("gateway", gateway, lines);
    for (String name : modules()) {
      Record config = moduleConfigs.get(name);
      lines.add("modules." + name + ": enabled");
      if (config != null) {
        EffectiveLines.of("modules." + name, config, lines);
      }
    }
    flags.settings().keySet().stream().sorted().forEach(key -> lines.add("--set " + key));
    setupToken().ifPresent(token -> lines.add(SETUP_TOKEN + ": ****"));
    return String.join("\n", lines);
  }

  private @Nullable String overrideDatabase(ObjectNode tree) {
    String flag = flags.databaseUrl();
    if (flag != null) {
      return override(tree, flag, "--pg-url");
    }
    return variable(PG_URL).map(url -> override(tree, url, PG_URL)).orElse(null);
  }

  private String override(ObjectNode tree, String url, String source) {
    map(tree, "database").put("provider", "url").put("url", url);
    return source;
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(text -> !text.isBlank());
  }

  private void requireKnownKeys(ObjectNode tree) {
    for (Map.Entry<String, JsonNode> entry : tree.properties()) {
      if (!TOP.contains(entry.getKey())) {
        throw new ConfigurationException(
            file,
            entry.getKey(),
            "unknown key (expected: %s)".formatted(Suggestion.among(entry.getKey(), TOP)));
      }
    }
  }

  /** The map at a key; made there when the key is missing or empty. */
  private ObjectNode map(ObjectNode tree, String key) {
    JsonNode given = node(tree, key);
    if (given.isNull()) {
      return tree.putObject(key);
    }
    if (given instanceof ObjectNode map) {
      return map;
    }
    throw new ConfigurationException(
        file, key, RecordMapper.kindOf(given) + " (expected: a map of keys)");
  }

  private static JsonNode node(ObjectNode tree, String key) {
    JsonNode given = tree.get(key);
    return given == null ? tree.nullNode() : given;
  }
}
