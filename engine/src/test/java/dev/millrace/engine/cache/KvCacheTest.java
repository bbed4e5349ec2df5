package dev.millrace.engine.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.TokenIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Blocks have 4 tokens here. Tokens are written as letters, one each. */
class KvCacheTest {
  private static final int BLOCK = 4;

  private KvCache cache = new KvCache(40, BLOCK);

  @Test
  void the_first_of_its_kind_finds_nothing() {
    CacheLease lease = lease("aaaabbbbcc", 12);
    assertThat(lease.range()).isEqualTo(new CacheRange(0, 12));
    assertThat(lease.cachedTokens()).isZero();
    assertThat(lease.copies()).isEmpty();
  }

  @Test
  void full_blocks_are_copied_from_a_sequence_that_still_runs() {
    lease("aaaabbbbcc", 12).computed(10);
    CacheLease second = lease("aaaabbbbdd", 12);
    assertThat(second.range()).isEqualTo(new CacheRange(12, 12));
    assertThat(second.cachedTokens()).isEqualTo(8);
    assertThat(second.copies()).containsExactly(new CacheCopy(0, 12, 8));
  }

  @Test
  void full_blocks_are_copied_from_a_sequence_that_has_ended() {
    end("aaaabbbbcc", 12);
    CacheLease second = lease("aaaabbbbdd", 12);
    assertThat(second.range()).isEqualTo(new CacheRange(8, 12));
    assertThat(second.copies()).containsExactly(new CacheCopy(0, 8, 8));
  }

  @Test
  void nothing_is_copied_after_the_first_step() {
    end("aaaabbbbcc", 12);
    CacheLease second = lease("aaaabbbbdd", 12);
    second.computed(10);
    assertThat(second.copies()).isEmpty();
    assertThat(second.cachedTokens()).isEqualTo(8);
  }

  @Test
  void a_block_counts_only_after_the_same_prefix() {
    end("aaaabbbbcc", 12);
    assertThat(lease("xxxxbbbbcc", 12).cachedTokens()).isZero();
    assertThat(lease("aaaacccc", 12).cachedTokens()).isEqualTo(4);
  }

  @Test
  void the_last_token_is_always_computed_because_its_logits_are_wanted() {
    end("aaaabbbb", 8);
    assertThat(lease("aaaabbbb", 9).cachedTokens()).isEqualTo(4);
    assertThat(lease("aaaabbbbc", 9).cachedTokens()).isEqualTo(8);
  }

  @Test
  void different_roots_share_nothing() {
    end("aaaabbbbcc", 12);
    Letters other = new Letters("adapter", "aaaabbbbcc");
    assertThat(cache.lease(other, 12).orElseThrow().cachedTokens()).isZero();
  }

  @Test
  void a_prefix_may_be_pieced_together_from_several_sequences() {
    end("aaaabbbb", 9);
    end("aaaaccccdddd", 13);
    end("aaaabbbbeeee", 13);
    assertThat(lease("aaaabbbbeeeef", 13).copies())
        .containsExactly(new CacheCopy(0, 8, 8), new CacheCopy(28, 16, 4));
  }

  @Test
  void generated_blocks_can_be_found_when_their_sequence_has_ended() {
    Letters letters = new Letters("", "aaaabb");
    CacheLease lease = cache.lease(letters, 12).orElseThrow();
    lease.computed(6);
    letters.append("bbccc"); // the last one is sampled, but not computed
    lease.end(10);
    assertThat(lease("aaaabbbbccccd", 13).cachedTokens()).isEqualTo(8);
  }

  @Test
  void a_sequence_that_was_cancelled_leaves_what_it_had_computed() {
    CacheLease lease = lease("aaaabbbbccccdd", 16);
    lease.end(9);
    assertThat(lease("aaaabbbbccccdd", 16).cachedTokens()).isEqualTo(8);
  }

  @Test
  void a_sequence_that_failed_leaves_nothing() {
    CacheLease lease = lease("aaaabbbbcc", 12);
    lease.computed(10);
    lease.discard();
    assertThat(cache.used()).isZero();
    assertThat(lease("aaaabbbbdd", 12).cachedTokens()).isZero();
  }

  @Test
  void what_a_failed_sequence_had_copied_stays_for_others() {
    end("aaaabbbbcc", 12);
    lease("aaaabbbbdddde", 14).discard();
    assertThat(lease("aaaabbbbdddde", 14).cachedTokens()).isEqualTo(8);
  }

  @Test
  void blocks_that_are_being_computed_can_be_waited_for() {
    CacheLease first = lease("aaaabbbbcc", 12);
    assertThat(cache.isBeingComputed(new Letters("", "aaaabbbbdd"))).isTrue();
    assertThat(cache.isBeingComputed(new Letters("", "xxxxbbbbdd"))).isFalse();
    first.computed(4);
    assertThat(cache.isBeingComputed(new Letters("", "aaaaxxxxdd"))).isFalse();
    assertThat(cache.isBeingComputed(new Letters("", "aaaabbbbdd"))).isTrue();
    first.computed(8);
    assertThat(cache.isBeingComputed(new Letters("", "aaaabbbbdd"))).isFalse();
  }

  @Test
  void what_a_cancelled_sequence_did_not_compute_is_not_waited_for() {
    lease("aaaabbbbcc", 12).end(5);
    assertThat(cache.isBeingComputed(new Letters("", "aaaabbbbdd"))).isFalse();
    assertThat(lease("aaaabbbbdd", 12).cachedTokens()).isEqualTo(4);
  }

  @Test
  void kept_blocks_take_no_room_from_sequences() {
    end("aaaabbbbccccddddeeeeffffgggg", 28);
    assertThat(cache.used()).isZero();
    assertThat(lease("x", 40).range()).isEqualTo(new CacheRange(0, 40));
    assertThat(cache.used()).isEqualTo(40);
  }

  @Test
  void the_blocks_used_longest_ago_are_given_away_first() {
    CacheLease a = lease("aaaabbbb", 8); // 0-8
    CacheLease c = lease("ccccdddd", 8); // 8-16
    CacheLease e = lease("eeeeffff", 8); // 16-24
    e.end(8);
    c.end(8);
    a.end(8);
    assertThat(lease("x", 24).range()).isEqualTo(new CacheRange(16, 24));
    assertThat(cached("eeeeffffz")).isZero();
    assertThat(cached("ccccddddz")).isEqualTo(8);
    assertThat(cached("aaaabbbbz")).isEqualTo(8);
  }

  @Test
  void a_block_that_was_found_again_is_not_the_oldest_any_more() {
    end("aaaa", 8); // 0-4
    CacheLease between = lease("x", 16); // 4-20
    end("bbbb", 8); // 20-24
    end("aaaac", 5);
    assertThat(lease("y", 18).range()).isEqualTo(new CacheRange(20, 18));
    assertThat(cached("aaaac")).isEqualTo(4);
    assertThat(cached("bbbbc")).isZero();
    between.end(1);
  }

  @Test
  void the_end_of_a_prefix_is_given_away_before_its_beginning() {
    end("aaaabbbbccccddddeeeeffffgggghhhhiiii", 37); // 0-36
    assertThat(lease("x", 8).range()).isEqualTo(new CacheRange(32, 8));
    assertThat(cached("aaaabbbbccccddddeeeeffffgggghhhhiiiij")).isEqualTo(32);
  }

  @Test
  void what_follows_a_block_that_was_given_away_goes_with_it() {
    CacheLease o = lease("oooo", 4); // 0-4
    CacheLease a = lease("aaaa", 4); // 4-8
    lease("x", 12); // 8-20
    o.end(4);
    a.end(4);
    end("aaaacccc", 12); // 24-28 has cccc
    lease("y", 8); // 28-36
    assertThat(lease("z", 8).range()).isEqualTo(new CacheRange(0, 8));
    assertThat(cached("aaaaccccd")).isZero();
    assertThat(lease("w", 8).range()).isEqualTo(new CacheRange(20, 8));
  }

  @Test
  void a_hit_is_given_up_if_only_its_own_slots_make_the_row_long_enough() {
    end("aaaabbbbccccddddeeee", 20);
    CacheLease lease = lease("aaaabbbbccccddddeeeef", 40);
    assertThat(lease.range()).isEqualTo(new CacheRange(0, 40));
    assertThat(lease.cachedTokens()).isZero();
  }

  @Test
  void blocks_of_running_sequences_are_never_given_away() {
    end("aaaabbbbcc", 12); // 0-8
    CacheLease reader = lease("aaaabbbbdd", 12); // 8-20
    assertThat(cache.lease(new Letters("", "x"), 21)).isEmpty();
    assertThat(reader.copies()).containsExactly(new CacheCopy(0, 8, 8));
    assertThat(lease("x", 20).range()).isEqualTo(new CacheRange(20, 20));
    reader.end(10);
    assertThat(lease("y", 20).range()).isEqualTo(new CacheRange(0, 20));
  }

  @Test
  void nothing_is_given_away_for_a_sequence_that_does_not_fit_all_the_same() {
    end("aaaabbbbcc", 12);
    CacheLease middle = lease("mmmm", 8); // 8-16
    assertThat(middle.range()).isEqualTo(new CacheRange(8, 8));
    assertThat(cache.lease(new Letters("", "x"), 25)).isEmpty();
    assertThat(cached("aaaabbbbcc")).isEqualTo(8);
  }

  @Test
  void without_a_prefix_cache_nothing_is_found_and_nothing_is_kept() {
    cache = KvCache.withoutPrefixCache(40);
    CacheLease lease = lease("aaaabbbbcc", 12);
    lease.computed(10);
    assertThat(cached("aaaabbbbcc")).isZero();
    assertThat(cache.isBeingComputed(new Letters("", "aaaabbbbcc"))).isFalse();
    lease.end(10);
    assertThat(cached("aaaabbbbcc")).isZero();
    assertThat(cache.used()).isZero();
  }

  /** Slots hold what was written to them; a hit must find its own tokens there. */
  @Test
  void a_hit_always_finds_the_tokens_it_stands_for_whatever_comes_and_goes() {
    cache = new KvCache(200, BLOCK);
    Random random = new Random(1);
    char[] slots = new char[200];
    List<Running> running = new ArrayList<>();
    int cached = 0;
    for (int i = 0; i < 20_000; i++) {
      if (!running.isEmpty() && random.nextInt(2) == 0) {
        running.remove(random.nextInt(running.size())).end(random.nextInt(5) == 0);
      } else {
        Letters letters = new Letters("", text(random));
        Optional<CacheLease> lease = cache.lease(letters, letters.length() + random.nextInt(20));
        if (lease.isPresent()) {
          Running sequence = new Running(letters, lease.get(), slots);
          sequence.compute(random.nextInt(letters.length() + 1));
          cached += lease.get().cachedTokens();
          running.add(sequence);
        }
      }
      running.forEach(Running::requireIntact);
    }
    running.forEach(sequence -> sequence.end(false));
    assertThat(cached).isGreaterThan(20_000);
    assertThat(cache.used()).isZero();
    assertThat(lease("x", 200).range()).isEqualTo(new CacheRange(0, 200));
  }

  /** Mostly the same letter, so that prefixes are often the same. */
  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    random.ints(1 + random.nextInt(24), 0, 100).forEach(n -> text.append(n < 95 ? 'a' : 'b'));
    return text.toString();
  }

  private CacheLease lease(String tokens, int size) {
    return cache.lease(new Letters("", tokens), size).orElseThrow();
  }

  /** A sequence that is computed and ends. */
  private void end(String tokens, int size) {
    lease(tokens, size).end(tokens.length());
  }

  private int cached(String tokens) {
    return cache.cachedTokens(new Letters("", tokens));
  }

  /** A sequence whose keys and values are its tokens. */
  private static final class Running {
    private final Letters letters;
    private final CacheLease lease;
    private final char[] slots;
    private int computed;

    Running(Letters letters, CacheLease lease, char[] slots) {
      this.letters = letters;
      this.lease = lease;
      this.slots = slots;
    }

    void compute(int end) {
      for (CacheCopy copy : lease.copies()) {
        System.arraycopy(slots, copy.from(), slots, copy.to(), copy.count());
      }
      computed = Math.max(computed, lease.cachedTokens());
      for (; computed < end; computed++) {
        slots[lease.range().start() + computed] =
            (char) letters.tokens(computed, computed + 1).get(0);
      }
      lease.computed(computed);
    }

    void requireIntact() {
      String written = new String(slots, lease.range().start(), computed);
      assertThat(letters.letters).startsWith(written);
    }

    void end(boolean fails) {
      if (fails) {
        lease.discard();
      } else {
        lease.end(computed);
      }
    }
  }

  /** Tokens as letters. */
  private static final class Letters implements CachedTokens {
    private final String root;
    private String letters;

    Letters(String root, String letters) {
      this.root = root;
      this.letters = letters;
    }

    void append(String more) {
      letters += more;
    }

    @Override
    public String cacheRoot() {
      return root;
    }

    @Override
    public int length() {
      return letters.length();
    }

    @Override
    public TokenIds tokens(int start, int end) {
      return TokenIds.of(letters.substring(start, end).chars().toArray());
    }
  }
}
