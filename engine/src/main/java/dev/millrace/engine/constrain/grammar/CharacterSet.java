package dev.millrace.engine.constrain.grammar;

import java.util.BitSet;
import org.apache.lucene.util.automaton.Automaton;

/** A set of Unicode characters. Surrogates are none: UTF-8 has no form for them. Immutable. */
final class CharacterSet {
  private static final int FIRST_SURROGATE = 0xD800;
  private static final int LAST_SURROGATE = 0xDFFF;

  private final BitSet members;

  /** Takes over {@code members}. */
  CharacterSet(BitSet members) {
    this.members = members;
    members.clear(FIRST_SURROGATE, LAST_SURROGATE + 1);
  }

  static CharacterSet of(String characters) {
    BitSet members = new BitSet();
    characters.codePoints().forEach(members::set);
    return new CharacterSet(members);
  }

  static CharacterSet range(int first, int last) {
    BitSet members = new BitSet();
    members.set(first, last + 1);
    return new CharacterSet(members);
  }

  static CharacterSet all() {
    return range(0, Character.MAX_CODE_POINT);
  }

  CharacterSet union(CharacterSet other) {
    BitSet both = (BitSet) members.clone();
    both.or(other.members);
    return new CharacterSet(both);
  }

  CharacterSet complement() {
    BitSet others = (BitSet) members.clone();
    others.flip(0, Character.MAX_CODE_POINT + 1);
    return new CharacterSet(others);
  }

  boolean contains(int character) {
    return members.get(character);
  }

  /** The one character of this set, or -1 if it has none or several. */
  int onlyCharacter() {
    return members.cardinality() == 1 ? members.nextSetBit(0) : -1;
  }

  /** The language of the texts of one character of this set. */
  Automaton toLanguage() {
    Automaton.Builder builder = new Automaton.Builder();
    int start = builder.createState();
    int end = builder.createState();
    builder.setAccept(end, true);
    addTransitions(builder, start, end);
    return builder.finish();
  }

  /** Adds transitions for every character of this set. */
  void addTransitions(Automaton.Builder builder, int from, int to) {
    addTransitions(builder, from, to, 0, Character.MAX_CODE_POINT);
  }

  /** Adds transitions for the characters of this set from {@code first} to {@code last}. */
  void addTransitions(Automaton.Builder builder, int from, int to, int first, int last) {
    int start = members.nextSetBit(first);
    while (start >= 0 && start <= last) {
      int end = Math.min(members.nextClearBit(start) - 1, last);
      builder.addTransition(from, to, start, end);
      start = members.nextSetBit(end + 1);
    }
  }
}
