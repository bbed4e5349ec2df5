package dev.millrace.job.reuse;

import dev.millrace.job.record.CompoundTask;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.Refusal;
import dev.millrace.job.serialization.RequestBytes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.flink.api.java.functions.KeySelector;

/**
 * What a result is found by: everything in a request that decides on its answer, but the model. Of
 * the prompt these are the tokens, so that what decides is what the model sees.
 */
public final class ResultKey implements KeySelector<Prepared, String> {
  private static final long serialVersionUID = 1L;

  /** The key of a task. */
  public static String of(GenerationTask task) {
    MessageDigest digest = sha256();
    digest.update(task.templateVersion().getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
    return HexFormat.of().formatHex(digest.digest(RequestBytes.of(task.request().anonymous())));
  }

  /** Refusals and compound tasks share no result; they are only spread over the tasks. */
  @Override
  public String getKey(Prepared prepared) {
    if (prepared instanceof GenerationTask task) {
      return of(task);
    }
    if (prepared instanceof CompoundTask compound) {
      return "compound-" + compound.plan() + compound.id();
    }
    return "refusal-" + ((Refusal) prepared).deadLetter().value().hashCode();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
