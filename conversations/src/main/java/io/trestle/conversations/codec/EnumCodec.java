package io.trestle.conversations.codec;

import java.util.LinkedHashMap;
import java.util.Map;

/** Enum constants, by name. */
final class EnumCodec implements ValueCodec {
  private final Class<?> type;
  private final Map<String, Object> constants = new LinkedHashMap<>();

  EnumCodec(Class<?> type) {
    this.type = type;
    for (Object constant : type.getEnumConstants()) {
      constants.put(((Enum<?>) constant).name(), constant);
    }
  }

  /** What the fingerprint of a shape says of it. */
  String constants() {
    return constants.keySet().toString();
  }

  @Override
  public void write(ByteWriter out, Object value) {
    Texts.write(out, ((Enum<?>) value).name());
  }

  @Override
  public Object read(ByteReader in) {
    String name = Texts.read(in);
    Object constant = constants.get(name);
    if (constant == null) {
      throw in.wrong("unknown constant of " + type.getName(), "one of " + constants.keySet());
    }
    return constant;
  }
}
