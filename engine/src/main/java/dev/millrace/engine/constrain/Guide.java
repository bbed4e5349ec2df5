package dev.millrace.engine.constrain;

/** Where one answer stands in its form. Confined to the engine thread once it is submitted. */
public sealed interface Guide permits MaskGuide, LabelGuide {}
