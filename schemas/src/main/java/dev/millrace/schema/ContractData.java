package dev.millrace.schema;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.specific.SpecificData;

/**
 * Avro's data model over the contract's own classes and no others.
 *
 * <p>Since 1.12.2 Avro loads a class that a schema names only if the process trusts it by a system
 * property. The contract's classes are known, so they are looked up here: nothing is loaded by name
 * and nobody has to set a property.
 */
final class ContractData extends SpecificData {
  private static final List<Schema> RECORDS =
      List.of(
          GenerationRequest.getClassSchema(),
          GenerationResult.getClassSchema(),
          GenerationLatency.getClassSchema(),
          DeadLetter.getClassSchema());

  private static final Map<String, Class<?>> CLASSES =
      classesByName(
          List.of(
              GenerationRequest.class,
              Message.class,
              ResponseFormat.class,
              ResponseFormatType.class,
              GenerationResult.class,
              FinishReason.class,
              TokenLogprob.class,
              TopLogprob.class,
              Provenance.class,
              DocumentParts.class,
              GuardReport.class,
              GuardVerdict.class,
              GuardSide.class,
              GuardAction.class,
              GenerationLatency.class,
              DeadLetter.class,
              Header.class,
              Stage.class));

  static final ContractData INSTANCE = new ContractData();

  private ContractData() {
    super(ContractData.class.getClassLoader());
    addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
  }

  /** The current schemas of the four topics' records. */
  static List<Schema> records() {
    return RECORDS;
  }

  @Override
  @SuppressWarnings("rawtypes") // as in the overridden method
  public Class getClass(Schema schema) {
    return switch (schema.getType()) {
      case RECORD, ENUM, FIXED -> CLASSES.get(schema.getFullName());
      default -> super.getClass(schema);
    };
  }

  private static Map<String, Class<?>> classesByName(List<Class<?>> classes) {
    Map<String, Class<?>> byName = new HashMap<>();
    classes.forEach(type -> byName.put(type.getName(), type));
    return Map.copyOf(byName);
  }
}
