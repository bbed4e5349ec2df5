package dev.millrace.engine.text;

/**
 * A token that is cut out of a text, by its literal name, before the rest is tokenised.
 *
 * @param special whether decoding leaves it out
 */
record AddedToken(int id, String content, boolean special) {}
