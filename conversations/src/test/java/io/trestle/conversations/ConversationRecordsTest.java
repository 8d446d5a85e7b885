package io.trestle.conversations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import io.trestle.conversations.codec.RecordFinder;
import io.trestle.conversations.codec.RoundTrip;
import io.trestle.conversations.codec.UnfitRecords;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConversationRecordsTest {
  private static final String HERE = "io.trestle.conversations";

  /** They name a conversation, they are not said in one. */
  private static final Set<Class<?>> NOT_SAID = Set.of(Conversation.class, Topic.class);

  /** Every record of the main classes, whoever added it. */
  static List<Class<?>> records() {
    return RecordFinder.records(Conversation.class, HERE).stream()
        .filter(type -> !type.getName().startsWith(HERE + ".codec."))
        .filter(type -> !NOT_SAID.contains(type))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("records")
  @Acceptance("FL-32")
  void record_ofConversation_roundTrips(Class<?> type) {
    RoundTrip.check(type);
  }

  /**
   * The scan sees what the constants of the conversations name, so it cannot go blind unnoticed.
   */
  @Test
  void records_namedByConversationsAndTopics_areAllFound() throws IllegalAccessException {
    List<Class<?>> found = records();
    int constants = 0;
    for (Class<?> type : RecordFinder.classes(Conversation.class, HERE)) {
      for (Field field : type.getDeclaredFields()) {
        if (Modifier.isStatic(field.getModifiers())) {
          assertThat(found).as(field.toString()).containsAll(said(field));
          constants += said(field).size();
        }
      }
    }
    assertThat(constants).isPositive();
  }

  private static List<Class<?>> said(Field field) throws IllegalAccessException {
    if (field.getType() == Conversation.class) {
      Conversation<?, ?> conversation = (Conversation<?, ?>) field.get(null);
      return List.of(conversation.question(), conversation.answer());
    }
    return field.getType() == Topic.class
        ? List.of(((Topic<?>) field.get(null)).event())
        : List.of();
  }

  static Stream<Class<?>> unfit() {
    return Stream.of(UnfitRecords.class.getDeclaredClasses()).filter(Class::isRecord);
  }

  @ParameterizedTest
  @MethodSource("unfit")
  void check_recordThatCannotTravel_fails(Class<?> type) {
    assertThat(RecordFinder.records(UnfitRecords.class, HERE)).contains(type);
    assertThatThrownBy(() -> RoundTrip.check(type)).hasMessageContaining(type.getName());
  }
}
