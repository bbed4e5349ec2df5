package dev.millrace.job.config;

import java.io.Serializable;

/** What holds for a request that does not say, and the most bytes a request may have. */
public record RequestDefaults(int maxTokens, double temperature, double topP, long maxRecordBytes)
    implements Serializable {}
