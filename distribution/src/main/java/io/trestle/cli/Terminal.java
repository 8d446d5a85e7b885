package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;

/**
 * Where results and errors go. Results are on standard output: text, or exactly one JSON value. An
 * error is words on standard error, and with JSON the value on standard output besides.
 */
final class Terminal {
  private final PrintStream out;
  private final PrintStream err;
  private Format format = Format.TEXT;
  private boolean answered;

  Terminal(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  void format(Format wanted) {
    format = wanted;
  }

  PrintStream out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  /** Prints the result of a command in the form that was asked for. */
  void result(String text, JsonNode json) {
    say(format == Format.JSON ? Json.print(json) : text);
  }

  /** Prints one of many results; with JSON, each is one line. */
  void line(String text, JsonNode json) {
    say(format == Format.JSON ? json.toString() : text);
  }

  /** Prints text that belongs to an error which follows; with JSON the error carries it. */
  void text(String text) {
    if (format == Format.TEXT) {
      out.println(text.stripTrailing());
      out.flush();
    }
  }

  /** A line for the person, beside the result. */
  void note(String line) {
    err.println(line);
    err.flush();
  }

  void failure(CliFailure failure) {
    failure(failure, Json.object());
  }

  /**
   * Prints an error.
   *
   * @param details further members of the JSON value
   */
  void failure(CliFailure failure, JsonNode details) {
    if (format == Format.JSON && !answered) {
      var value = Json.object().put("code", failure.code()).put("message", failure.text());
      details.properties().forEach(field -> value.set(field.getKey(), field.getValue()));
      say(Json.print(value));
    }
    note("trestle: " + failure.text());
  }

  private void say(String text) {
    answered = true;
    out.println(text.stripTrailing());
    out.flush();
  }
}
