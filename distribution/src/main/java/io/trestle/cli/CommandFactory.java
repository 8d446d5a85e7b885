package io.trestle.cli;

import java.lang.reflect.Constructor;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Makes commands; those with a constructor for it are given the {@link Cli}. */
final class CommandFactory implements IFactory {
  private final Cli cli;

  CommandFactory(Cli cli) {
    this.cli = cli;
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (constructor.getParameterCount() == 1 && constructor.getParameterTypes()[0] == Cli.class) {
        return type.cast(constructor.newInstance(cli));
      }
    }
    return CommandLine.defaultFactory().create(type);
  }
}
