package io.trestle.conversations.codec;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The values of a sealed interface: the number of the permitted class among all of them, sorted by
 * name, then its value. The fingerprint of the shape vouches for both sides numbering alike.
 */
final class ChoiceCodec implements ValueCodec {
  private final Class<?> type;
  private final Map<Class<?>, Integer> numbers = new HashMap<>();
  private final List<ValueCodec> choices = new ArrayList<>();

  ChoiceCodec(Class<?> type) {
    this.type = type;
  }

  /** Called while the graph of shapes is built, in the order of the names. */
  void add(Class<?> permitted, ValueCodec codec) {
    numbers.put(permitted, choices.size());
    choices.add(codec);
  }

  @Override
  public void write(ByteWriter out, Object value) {
    Class<?> permitted =
        value instanceof Enum<?> constant ? constant.getDeclaringClass() : value.getClass();
    Integer number = numbers.get(permitted);
    if (number == null) {
      throw new CodecException(permitted.getName() + " (expected: a " + type.getName() + ")");
    }
    out.unsigned(number);
    choices.get(number).write(out, value);
  }

  @Override
  public Object read(ByteReader in) {
    long number = in.unsigned("a choice of " + type.getName());
    if (number < 0 || number >= choices.size()) {
      throw in.wrong(
          "choice " + Long.toUnsignedString(number),
          "0 to " + (choices.size() - 1) + " of " + type.getName());
    }
    return choices.get((int) number).read(in);
  }
}
