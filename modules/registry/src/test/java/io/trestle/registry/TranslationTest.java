package io.trestle.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.trestle.conversations.Declarations.Declaration;
import io.trestle.conversations.Declarations.Subscription;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.protocol.v1.IncomingMethod;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.OutgoingDep;
import io.trestle.protocol.v1.PublishedEvent;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.WorkflowDefinition;
import org.junit.jupiter.api.Test;

class TranslationTest {
  private static final RegisterRequest REQUEST =
      RegisterRequest.newBuilder()
          .addIncoming(
              IncomingMethod.newBuilder()
                  .setType(MethodType.METHOD_TYPE_RPC)
                  .setName("create")
                  .setInputSchemaJson(ByteString.copyFromUtf8("{\"in\":1}"))
                  .setOutputSchemaJson(ByteString.copyFromUtf8("{\"out\":1}"))
                  .setStreaming(true)
                  .setContractHash("v2:a"))
          .addIncoming(
              IncomingMethod.newBuilder()
                  .setType(MethodType.METHOD_TYPE_WORKFLOW)
                  .setName("ship")
                  .setWorkflow(WorkflowDefinition.newBuilder().setName("ship")))
          .addPublished(
              PublishedEvent.newBuilder()
                  .setName("order.created")
                  .setSchemaJson(ByteString.copyFromUtf8("{}"))
                  .setContractHash("v2:e"))
          .addOutgoing(
              OutgoingDep.newBuilder()
                  .setServiceName("payments")
                  .setMethodName("*")
                  .setType(MethodType.METHOD_TYPE_RPC))
          .addEventSubscriptions(
              EventSubscription.newBuilder()
                  .setPattern("payment.#")
                  .setFilter("{}")
                  .setRetryPolicyJson("{\"maxAttempts\":2}")
                  .setGroup("audit")
                  .setTtlMs(60_000))
          .setCallEndpoint("h:1")
          .setHttpEndpoint("h:2")
          .build();

  @Test
  void declaration_everyField_isKeptByTheStoredForm() throws InvalidProtocolBufferException {
    Declaration declaration = Translation.declaration(REQUEST);

    assertThat(RegisterRequest.parseFrom(Translation.encode(declaration))).isEqualTo(REQUEST);
  }

  /** What a build before our fields stored, byte by byte: tag, length, text. */
  @Test
  void subscription_storedBeforeOurFields_decodesWithoutThemAndIsStoredAsBefore()
      throws InvalidProtocolBufferException {
    byte[] before = {0x2a, 0x0a, 0x0a, 0x04, 'a', '.', '*', '*', 0x1a, 0x02, '{', '}'};

    Declaration declaration = Translation.declaration(RegisterRequest.parseFrom(before));

    assertThat(declaration.subscriptions()).containsExactly(Subscription.of("a.**", "{}"));
    assertThat(Translation.encode(declaration)).isEqualTo(before);
  }

  @Test
  void declaration_whoSpeaks_isNoPartOfIt() {
    RegisterRequest other =
        REQUEST.toBuilder()
            .setProtocolVersion(1)
            .setSdkLanguage("go")
            .setSdkVersion("2.0.1")
            .build();

    assertThat(Translation.encode(Translation.declaration(other)))
        .isEqualTo(Translation.encode(Translation.declaration(REQUEST)));
  }

  @Test
  void workflow_presentButEmpty_differsFromNone() {
    RegisterRequest request =
        RegisterRequest.newBuilder()
            .addIncoming(
                IncomingMethod.newBuilder().setWorkflow(WorkflowDefinition.getDefaultInstance()))
            .addIncoming(IncomingMethod.newBuilder())
            .build();

    Declaration declaration = Translation.declaration(request);

    assertThat(declaration.incoming().get(0).workflow()).isNotEmpty();
    assertThat(declaration.incoming().get(1).workflow()).isEmpty();
  }
}
