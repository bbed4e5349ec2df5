package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RCX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class ChainKernelTest {
  private static final int ROUNDS = 2000;

  private final Memory numbers = new Memory(2 * Long.BYTES);

  /** Adds 1 to the first number. */
  private static void count(Assembler a) {
    a.mov(RCX, OUT.memory());
    a.mov(RAX, 1);
    a.fetchAndAdd(at(RCX), RAX);
    a.ret();
  }

  /** Adds 1 to the second number if the first is not J. */
  private static void check(Assembler a) {
    Label right = new Label();
    a.mov(RCX, OUT.memory());
    a.mov(RAX, at(RCX));
    a.cmp(RAX, J.memory());
    a.jump(Condition.EQUAL, right);
    a.mov(RAX, 1);
    a.fetchAndAdd(at(RCX, Long.BYTES), RAX);
    a.bind(right);
    a.ret();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void noThreadIsAheadOfAnother(int threads) throws Exception {
    assumeTrue(Kernels.supported(), "this system runs no machine code of ours");
    numbers.clear();
    long count = install(ChainKernelTest::count);
    long check = install(ChainKernelTest::check);
    Memory calls = new Memory(2L * ROUNDS * ChainKernel.CALL_BYTES);
    calls.clear();
    for (int round = 0; round < ROUNDS; round++) {
      call(calls, 2 * round, count, 0);
      call(calls, 2 * round + 1, check, (long) threads * (round + 1));
    }

    run(calls, 2 * ROUNDS, threads);

    assertThat(numbers.getLong(0)).isEqualTo((long) threads * ROUNDS);
    assertThat(numbers.getLong(Long.BYTES)).as("early threads").isZero();
  }

  @Test
  void noCallsAreNone() throws Exception {
    assumeTrue(Kernels.supported(), "this system runs no machine code of ours");
    numbers.clear();
    Memory calls = new Memory(ChainKernel.CALL_BYTES);
    call(calls, 0, install(ChainKernelTest::count), 0);

    run(calls, 0, 1);

    assertThat(numbers.getLong(0)).isZero();
  }

  private void call(Memory calls, int index, long kernel, long j) {
    long offset = (long) index * ChainKernel.CALL_BYTES;
    calls.setPointer(offset + OUT.offset(), numbers);
    calls.setLong(offset + J.offset(), j);
    calls.setLong(offset + ChainKernel.KERNEL, kernel);
  }

  private static void run(Memory calls, long count, int threads) throws Exception {
    long team = install(a -> emitNumber(a, threads));
    long ahead = install(Panels::emitAhead);
    Pointer chain = new Pointer(install(a -> ChainKernel.emit(a, team, ahead)));
    Memory arguments = new Memory(KernelArguments.BYTES);
    arguments.clear();
    arguments.setPointer(FIRST.offset(), calls);
    arguments.setLong(I.offset(), count);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Void>> members = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        members.add(
            () -> {
              Function.getFunction(chain).invokeVoid(new Object[] {arguments});
              return null;
            });
      }
      for (Future<Void> member : executor.invokeAll(members)) {
        member.get();
      }
    } finally {
      executor.shutdown();
    }
  }

  private static void emitNumber(Assembler a, long number) {
    a.mov(RAX, number);
    a.ret();
  }

  private static long install(Consumer<Assembler> function) {
    Assembler assembler = new Assembler();
    function.accept(assembler);
    return MachineCode.install(assembler.code());
  }
}
