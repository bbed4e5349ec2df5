package dev.millrace.engine.model;

import com.sun.jna.Function;
import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/**
 * What native code has allocated and not freed, as the C library counts it. The process's resident
 * memory would not do: the Java heap's pages come and go in it by tens of megabytes.
 */
final class NativeAllocations {
  private NativeAllocations() {}

  /** By glibc's {@code mallinfo2}, over all threads' arenas. */
  static long bytes() {
    var info =
        (MallInfo) Function.getFunction("c", "mallinfo2").invoke(MallInfo.class, new Object[0]);
    return info.uordblks + info.hblkhd;
  }

  /** The fields' names and order are the C library's. */
  @FieldOrder({
    "arena",
    "ordblks",
    "smblks",
    "hblks",
    "hblkhd",
    "usmblks",
    "fsmblks",
    "uordblks",
    "fordblks",
    "keepcost"
  })
  public static final class MallInfo extends Structure implements Structure.ByValue {
    public long arena;
    public long ordblks;
    public long smblks;
    public long hblks;
    public long hblkhd;
    public long usmblks;
    public long fsmblks;
    public long uordblks;
    public long fordblks;
    public long keepcost;
  }
}
