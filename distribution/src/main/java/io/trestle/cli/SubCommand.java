package io.trestle.cli;

import java.util.Locale;
import java.util.stream.Stream;

/** The commands, in the order of the usage. */
enum SubCommand {
  UP(UpCommand.class),
  SERVE(ServeCommand.class),
  DEMO(DemoCommand.class),
  BENCH(BenchCommand.class),
  SERVICE(ServiceCommand.class),
  INSTANCES(InstancesCommand.class),
  SETTINGS(SettingsCommand.class),
  POLICY(PolicyCommand.class),
  EVENTS(EventsCommand.class),
  VERSION(VersionCommand.class),
  DOCTOR(DoctorCommand.class),
  TRAINING(TrainingCommand.class);

  private final Class<?> type;

  SubCommand(Class<?> type) {
    this.type = type;
  }

  Class<?> type() {
    return type;
  }

  /** As it is typed. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static boolean isNone(String text) {
    return Stream.of(values()).noneMatch(command -> command.text().equals(text));
  }
}
