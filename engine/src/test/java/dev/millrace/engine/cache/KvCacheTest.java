package dev.millrace.engine.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KvCacheTest {
  private final KvCache cache = new KvCache(100);

  @Test
  void ranges_are_taken_from_the_front() {
    assertThat(cache.allocate(30)).contains(new CacheRange(0, 30));
    assertThat(cache.allocate(30)).contains(new CacheRange(30, 30));
    assertThat(cache.used()).isEqualTo(60);
  }

  @Test
  void nothing_is_given_when_no_hole_is_long_enough() {
    cache.allocate(80);
    assertThat(cache.allocate(21)).isEmpty();
    assertThat(cache.allocate(20)).contains(new CacheRange(80, 20));
  }

  @Test
  void the_smallest_hole_that_fits_is_taken() {
    CacheRange first = cache.allocate(20).orElseThrow();
    cache.allocate(10);
    CacheRange small = cache.allocate(15).orElseThrow();
    cache.allocate(10);
    cache.free(first);
    cache.free(small);
    assertThat(cache.allocate(12)).contains(new CacheRange(30, 12));
  }

  @Test
  void neighbouring_holes_become_one() {
    CacheRange left = cache.allocate(30).orElseThrow();
    CacheRange middle = cache.allocate(30).orElseThrow();
    CacheRange right = cache.allocate(40).orElseThrow();
    cache.free(left);
    cache.free(right);
    cache.free(middle);
    assertThat(cache.allocate(100)).contains(new CacheRange(0, 100));
  }

  @Test
  void a_range_cannot_be_freed_twice() {
    CacheRange range = cache.allocate(30).orElseThrow();
    cache.free(range);
    assertThatThrownBy(() -> cache.free(range)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void ranges_never_overlap_whatever_is_taken_and_freed() {
    Random random = new Random(1);
    List<CacheRange> owned = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      if (!owned.isEmpty() && random.nextBoolean()) {
        cache.free(owned.remove(random.nextInt(owned.size())));
      } else {
        Optional<CacheRange> range = cache.allocate(1 + random.nextInt(40));
        range.ifPresent(
            taken -> {
              assertThat(owned)
                  .noneMatch(other -> other.start() < taken.end() && taken.start() < other.end());
              owned.add(taken);
            });
      }
      assertThat(cache.used()).isEqualTo(owned.stream().mapToInt(CacheRange::size).sum());
    }
    owned.forEach(cache::free);
    assertThat(cache.allocate(100)).isPresent();
  }
}
