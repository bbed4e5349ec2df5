package dev.millrace.engine.text;

/**
 * A token that is cut out of a text, by its literal name, before the rest is tokenised.
 *
 * @param special whether decoding leaves it out
 * @param normalized whether it is looked for after normalisation, and after those that are not
 */
record AddedToken(int id, String content, boolean special, boolean normalized) {}
