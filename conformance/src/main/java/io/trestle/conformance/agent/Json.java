package io.trestle.conformance.agent;

import com.fasterxml.jackson.databind.ObjectMapper;

/** The form of everything an agent says and hears. */
final class Json {
  static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}
}
