package dev.millrace.job.serialization;

import dev.millrace.job.record.InFlightCompound;
import dev.millrace.job.record.InFlightGeneration;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.PromptRecord;
import org.apache.flink.api.common.typeinfo.TypeInformation;

/** The types of the records that travel between operators or lie in state. */
public final class RecordTypes {
  public static final TypeInformation<PromptRecord> PROMPT =
      new RecordType<>(PromptRecord.class, new PromptRecordSerializer());
  public static final TypeInformation<Prepared> PREPARED =
      new RecordType<>(Prepared.class, new PreparedSerializer());
  public static final TypeInformation<OutputRecord> OUTPUT =
      new RecordType<>(OutputRecord.class, new OutputRecordSerializer());
  public static final TypeInformation<InFlightGeneration> IN_FLIGHT =
      new RecordType<>(InFlightGeneration.class, new InFlightGenerationSerializer());
  public static final TypeInformation<InFlightCompound> IN_FLIGHT_COMPOUND =
      new RecordType<>(InFlightCompound.class, new InFlightCompoundSerializer());

  private RecordTypes() {}
}
