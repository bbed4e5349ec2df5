package dev.millrace.job.outcome;

import dev.millrace.schema.DocumentParts;

/**
 * How a document was summarised.
 *
 * @param parts it was cut into
 * @param generations of parts and combinations together
 * @param levels of summaries
 * @param cut how many generations reached their most tokens
 */
public record PartCounts(int parts, int generations, int levels, int cut) {
  DocumentParts toRecord() {
    return new DocumentParts(parts, generations, levels, cut);
  }
}
