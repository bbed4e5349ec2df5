package dev.millrace.job.document;

/**
 * A stretch of a document that is not cut any further.
 *
 * @param start of its first character
 * @param end after its last one, with the white space that follows
 */
record Piece(int start, int end, int tokens, boolean endsParagraph) {}
