package dev.millrace.job.config;

import org.apache.flink.connector.base.DeliveryGuarantee;

/** How outcomes are written. */
public enum Delivery {
  /** In transactions that commit with Flink's checkpoints. */
  EXACTLY_ONCE(DeliveryGuarantee.EXACTLY_ONCE),
  /** At once; after a failure some outcomes are written again. */
  AT_LEAST_ONCE(DeliveryGuarantee.AT_LEAST_ONCE);

  private final DeliveryGuarantee guarantee;

  Delivery(DeliveryGuarantee guarantee) {
    this.guarantee = guarantee;
  }

  /** The same in the connector's words. */
  public DeliveryGuarantee guarantee() {
    return guarantee;
  }

  @Override
  public String toString() {
    return guarantee.toString();
  }
}
