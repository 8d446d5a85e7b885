package io.trestle.protocol.events;

/** No filter at all. */
enum PassAll implements EventFilter {
  INSTANCE;

  @Override
  public boolean test(JsonView view) {
    return true;
  }

  @Override
  public boolean passesAll() {
    return true;
  }
}
