package dev.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ClosingStackTest {
  private final List<String> closed = new ArrayList<>();
  private final ClosingStack stack = new ClosingStack();

  @Test
  void whatWasOpenedLastIsClosedFirst() {
    stack.push(() -> closed.add("broker"));
    stack.push(() -> closed.add("job"));

    stack.close();

    assertThat(closed).containsExactly("job", "broker");
  }

  @Test
  void whatDoesNotCloseDoesNotKeepTheRestOpen() {
    stack.push(() -> closed.add("broker"));
    stack.push(ClosingStackTest::refuse);

    stack.close();

    assertThat(closed).containsExactly("broker");
  }

  @Test
  void whatIsOpenedTooLateIsClosedAtOnce() {
    stack.close();

    assertThatThrownBy(() -> stack.push(() -> closed.add("job")))
        .isInstanceOf(CommandException.class);
    assertThat(closed).containsExactly("job");
  }

  @Test
  void closingTwiceIsTheSameAsClosingOnce() {
    stack.push(() -> closed.add("broker"));

    stack.close();
    stack.close();

    assertThat(closed).containsExactly("broker");
  }

  private static void refuse() throws IOException {
    throw new IOException("busy");
  }
}
