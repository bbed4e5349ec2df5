package dev.millrace.engine.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SlotPoolTest {
  private final SlotPool pool = new SlotPool(100);

  @Test
  void ranges_are_taken_from_the_front() {
    assertThat(pool.allocate(30)).contains(new CacheRange(0, 30));
    assertThat(pool.allocate(30)).contains(new CacheRange(30, 30));
    assertThat(pool.used()).isEqualTo(60);
  }

  @Test
  void nothing_is_given_when_no_hole_is_long_enough() {
    pool.allocate(80);
    assertThat(pool.allocate(21)).isEmpty();
    assertThat(pool.allocate(20)).contains(new CacheRange(80, 20));
  }

  @Test
  void the_smallest_hole_that_fits_is_taken() {
    CacheRange first = pool.allocate(20).orElseThrow();
    pool.allocate(10);
    CacheRange small = pool.allocate(15).orElseThrow();
    pool.allocate(10);
    pool.free(first);
    pool.free(small);
    assertThat(pool.allocate(12)).contains(new CacheRange(30, 12));
  }

  @Test
  void neighbouring_holes_become_one() {
    CacheRange left = pool.allocate(30).orElseThrow();
    CacheRange middle = pool.allocate(30).orElseThrow();
    CacheRange right = pool.allocate(40).orElseThrow();
    pool.free(left);
    pool.free(right);
    pool.free(middle);
    assertThat(pool.allocate(100)).contains(new CacheRange(0, 100));
  }

  @Test
  void a_range_cannot_be_freed_twice() {
    CacheRange range = pool.allocate(30).orElseThrow();
    pool.free(range);
    assertThatThrownBy(() -> pool.free(range)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void ranges_never_overlap_whatever_is_taken_and_freed() {
    Random random = new Random(1);
    List<CacheRange> owned = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      if (!owned.isEmpty() && random.nextBoolean()) {
        pool.free(owned.remove(random.nextInt(owned.size())));
      } else {
        Optional<CacheRange> range = pool.allocate(1 + random.nextInt(40));
        range.ifPresent(
            taken -> {
              assertThat(owned)
                  .noneMatch(other -> other.start() < taken.end() && taken.start() < other.end());
              owned.add(taken);
            });
      }
      assertThat(pool.used()).isEqualTo(owned.stream().mapToInt(CacheRange::size).sum());
    }
    owned.forEach(pool::free);
    assertThat(pool.allocate(100)).isPresent();
  }
}
