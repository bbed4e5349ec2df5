package dev.millrace.engine.kernel;

import com.sun.jna.Function;
import com.sun.jna.Pointer;

/** Memory that can be executed. It stays for the process's life. */
final class MachineCode {
  private static final int READ_WRITE = 3; // PROT_READ | PROT_WRITE
  private static final int READ_EXECUTE = 5; // PROT_READ | PROT_EXEC
  private static final int PRIVATE_ANONYMOUS = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS

  private MachineCode() {}

  /**
   * Puts code into memory of its own.
   *
   * @return its address
   * @throws IllegalStateException if the system allows none
   */
  static long install(byte[] code) {
    long address =
        Function.getFunction("c", "mmap")
            .invokeLong(
                new Object[] {0L, (long) code.length, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L});
    if (address == -1) {
      throw new IllegalStateException("no memory for " + code.length + " bytes of machine code");
    }
    new Pointer(address).write(0, code, 0, code.length);
    int failed =
        Function.getFunction("c", "mprotect")
            .invokeInt(new Object[] {address, (long) code.length, READ_EXECUTE});
    if (failed != 0) {
      throw new IllegalStateException("the system does not let memory be made executable");
    }
    return address;
  }
}
