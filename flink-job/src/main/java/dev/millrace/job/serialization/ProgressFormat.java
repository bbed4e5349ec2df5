package dev.millrace.job.serialization;

import dev.millrace.engine.Progress;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.TokenLogprob;
import dev.millrace.engine.TokenLogprobs;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** How the {@link Progress} of a generation is written. */
final class ProgressFormat {
  private ProgressFormat() {}

  static void write(Progress progress, DataOutput out) throws IOException {
    Fields.writeTokens(progress.tokens(), out);
    out.writeInt(progress.logprobs().size());
    for (TokenLogprobs position : progress.logprobs()) {
      writeLogprob(position.chosen(), out);
      out.writeInt(position.top().size());
      for (TokenLogprob alternative : position.top()) {
        writeLogprob(alternative, out);
      }
    }
  }

  /** Since version 3, tokens have their log probabilities. */
  static Progress read(int version, DataInput in) throws IOException {
    TokenIds tokens = Fields.readTokens(in);
    return version < 3 ? Progress.of(tokens) : new Progress(tokens, readPositions(in));
  }

  private static List<TokenLogprobs> readPositions(DataInput in) throws IOException {
    int count = in.readInt();
    List<TokenLogprobs> positions = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      positions.add(new TokenLogprobs(readLogprob(in), readTop(in)));
    }
    return positions;
  }

  private static List<TokenLogprob> readTop(DataInput in) throws IOException {
    int count = in.readInt();
    List<TokenLogprob> top = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      top.add(readLogprob(in));
    }
    return top;
  }

  private static void writeLogprob(TokenLogprob logprob, DataOutput out) throws IOException {
    out.writeInt(logprob.token());
    out.writeFloat(logprob.logprob());
  }

  private static TokenLogprob readLogprob(DataInput in) throws IOException {
    return new TokenLogprob(in.readInt(), in.readFloat());
  }
}
