package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.model.TinyCheckpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedEnginesTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  @TempDir Path directory;
  private final List<Engine> opened = new ArrayList<>();
  private final SharedEngines engines =
      new SharedEngines(
          (options, listener) -> {
            Engine engine = Engine.open(options);
            opened.add(engine);
            return engine;
          });
  private EngineOptions options;

  @BeforeEach
  void writeCheckpoint() {
    options =
        EngineOptions.of(new TinyCheckpoint().write(directory)).withThreads(1).withCacheTokens(100);
  }

  @AfterEach
  void closeAll() {
    opened.forEach(Engine::close);
  }

  @Test
  void equal_options_share_one_engine() {
    var first = engines.acquire(options, LONG);
    var second = engines.acquire(options.withCacheTokens(100), LONG);
    assertThat(second.engine()).isSameAs(first.engine());
  }

  @Test
  void an_engine_outlives_its_last_holder_for_the_linger_time() {
    var first = engines.acquire(options, LONG);
    first.close();
    var second = engines.acquire(options, LONG);
    assertThat(second.engine()).isSameAs(first.engine());
    assertThat(isOpen(second.engine())).isTrue();
  }

  @Test
  void an_engine_is_closed_when_the_linger_time_is_over() {
    var lease = engines.acquire(options, Duration.ZERO);
    lease.close();
    lease.engine().ended().toCompletableFuture().join();
    assertThat(engines.acquire(options, LONG).engine()).isNotSameAs(lease.engine());
  }

  @Test
  void closing_a_lease_twice_releases_one_hold() {
    var first = engines.acquire(options, Duration.ZERO);
    var second = engines.acquire(options, Duration.ZERO);
    first.close();
    first.close();
    var third = engines.acquire(options, Duration.ZERO);
    assertThat(third.engine()).isSameAs(second.engine());
    assertThat(isOpen(second.engine())).isTrue();
  }

  @Test
  void an_unused_engine_makes_way_for_one_with_other_options_on_its_device() {
    var first = engines.acquire(options, LONG);
    first.close();
    engines.acquire(options.withCacheTokens(200), LONG);
    assertThat(isOpen(first.engine())).isFalse();
  }

  @Test
  void an_engine_that_has_ended_is_replaced() {
    var first = engines.acquire(options, LONG);
    first.engine().close();
    var second = engines.acquire(options, LONG);
    assertThat(isOpen(second.engine())).isTrue();
    first.close();
    assertThat(isOpen(second.engine())).isTrue();
  }

  private static boolean isOpen(Engine engine) {
    return !engine.ended().toCompletableFuture().isDone();
  }
}
