package dev.millrace.job.compound;

import dev.millrace.job.record.Answer;
import dev.millrace.job.record.RefusedException;
import java.util.List;

/** Says what the answers of one level lead to. The same answers always lead to the same. */
@FunctionalInterface
public interface Reduction {
  /**
   * The next level, which has fewer steps; empty if the answers are the end.
   *
   * @param level how many levels there are, 1 or more
   * @param answers those of the last level, in the order of its steps
   * @throws RefusedException if they cannot be combined
   */
  List<Step> next(int level, List<Answer> answers) throws RefusedException;
}
