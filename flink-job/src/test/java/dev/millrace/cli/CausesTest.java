package dev.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

final class CausesTest {
  @Test
  void causesAreToldFromTheOutermostInwards() {
    Exception failure = new CommandException("no topic", new IOException("connection refused"));

    assertThat(Causes.describe(failure)).isEqualTo("no topic: connection refused");
  }

  @Test
  void aWrapperWithoutWordsOfItsOwnIsLeftOut() {
    IOException cause = new IOException("connection refused");

    assertThat(Causes.describe(new CompletionException(new UncheckedIOException(cause))))
        .isEqualTo("connection refused");
  }

  @Test
  void whatAMessageRepeatsOfItsCauseIsSaidOnce() {
    IOException cause = new IOException("port 1 is in use");

    assertThat(Causes.describe(new IOException("no start: " + cause.getMessage(), cause)))
        .isEqualTo("no start: port 1 is in use");
  }

  @Test
  void anExceptionWithoutAMessageIsNamed() {
    assertThat(Causes.describe(new NullPointerException())).isEqualTo("NullPointerException");
  }
}
