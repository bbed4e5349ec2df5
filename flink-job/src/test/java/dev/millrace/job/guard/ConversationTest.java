package dev.millrace.job.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.Message;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConversationTest {
  @Test
  void turnsAlternateAndTheUserIsFirst() {
    GenerationRequest request = new GenerationRequest();
    request.setInput(Map.of());
    request.setMessages(
        List.of(
            new Message("system", "Be brief."),
            new Message("user", "Hi"),
            new Message("assistant", "Hello"),
            new Message("tool", "22 degrees"),
            new Message("user", "So?")));

    assertThat(Conversation.of(request))
        .containsExactly(
            new Message("user", "Be brief.\n\nHi"),
            new Message("assistant", "Hello"),
            new Message("user", "22 degrees\n\nSo?"));
  }

  @Test
  void aConversationThatTheAssistantBeginsHasASilentUser() {
    GenerationRequest request = new GenerationRequest();
    request.setInput(Map.of());
    request.setMessages(List.of(new Message("assistant", "Hello")));

    assertThat(Conversation.of(request))
        .containsExactly(new Message("user", ""), new Message("assistant", "Hello"));
  }

  @Test
  void aTasksInputIsWhatTheUserSays() {
    GenerationRequest request = new GenerationRequest();
    request.setInput(Map.of("b", "second", "a", "first"));

    assertThat(Conversation.of(request)).containsExactly(new Message("user", "first\n\nsecond"));
    assertThat(Conversation.with(Conversation.of(request), "done"))
        .endsWith(new Message("assistant", "done"));
  }
}
