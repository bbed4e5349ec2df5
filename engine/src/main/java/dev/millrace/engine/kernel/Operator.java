package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RBX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RDI;
import static dev.millrace.engine.kernel.Register.RDX;
import static dev.millrace.engine.kernel.Register.RSI;
import static dev.millrace.engine.kernel.Register.RSP;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * PyTorch's operators through which the model's program calls kernels. {@code millrace::record}
 * turns tensors into addresses and writes a call that {@link ChainKernel} runs, as often as it is
 * told to: whoever records keeps the tensors. {@code millrace::run} runs one on all threads of
 * PyTorch's pool, and at once; it may be a {@link ChainKernel}.
 *
 * <p>They are registered through the C functions that libtorch has for operators of others
 * (torch/csrc/inductor/aoti_torch/c/shim.h): they outlive versions, and need no compiler.
 */
final class Operator {
  private static final String NAMESPACE = "millrace";
  private static final String DATA_POINTER = "aoti_torch_get_data_ptr";
  private static final String CALL =
      "int kernel, Tensor(a!) out, Tensor first, Tensor second, Tensor third, Tensor fourth,"
          + " int i, int j, int k, int l) -> ()";
  private static final String RUN = "run(" + CALL;
  private static final String RECORD = "record(Tensor(b!) calls, int index, int ahead, " + CALL;

  private final NativeLibrary torch;

  private Operator(NativeLibrary torch) {
    this.torch = torch;
  }

  /**
   * Makes them known, which the program needs to compile even where they are not called.
   *
   * @param libraries the directory of PyTorch's libraries, which must have been loaded
   * @throws IllegalStateException if PyTorch refuses
   */
  static Operator define(Path libraries) {
    Path file = libraries.resolve(System.mapLibraryName("torch_cpu"));
    Operator operator = new Operator(NativeLibrary.getInstance(file.toString()));
    Pointer library = operator.library("aoti_torch_library_init_fragment", NAMESPACE);
    operator.call("aoti_torch_library_def", library, RUN);
    operator.call("aoti_torch_library_def", library, RECORD);
    return operator;
  }

  /**
   * Makes them callable, on an x86-64 processor.
   *
   * @param chain the address of a {@link ChainKernel}
   * @throws IllegalStateException if PyTorch refuses, or the system allows no machine code
   * @throws UnsatisfiedLinkError if PyTorch's threads are not OpenMP's
   */
  void implement(long chain) {
    // The key that stands for all: the kernels compute no gradients.
    Pointer library =
        library("aoti_torch_library_init_impl", NAMESPACE, "CompositeImplicitAutograd");
    call("aoti_torch_library_impl", library, "run", install(a -> emitRun(a, chain)));
    call("aoti_torch_library_impl", library, "record", install(this::emitRecord));
  }

  private static Pointer install(Consumer<Assembler> function) {
    Assembler assembler = new Assembler();
    function.accept(assembler);
    return new Pointer(MachineCode.install(assembler.code()));
  }

  /** The address of a function that says how many threads run the kernel that asks. */
  long threads() {
    return address("omp_get_num_threads"); // found among what libtorch depends on
  }

  // Each is a function (stack, arguments, results) that is called with the operator's arguments on
  // a stack of 64 bits each and owns the tensors among them.

  private void emitRun(Assembler a, long chain) {
    int arguments = ChainKernel.CALL_BYTES; // of the chain, of one call
    int frame = arguments + KernelArguments.BYTES + Long.BYTES; // calls want a multiple of 16
    a.push(RBX);
    a.push(R12);
    a.sub(RSP, frame);
    a.mov(RBX, RDI);
    a.mov(R12, RSP);
    emitCall(a);
    a.mov(RAX, 0);
    a.mov(at(R12, ChainKernel.AHEAD), RAX);
    a.mov(at(RSP, arguments + KernelArguments.FIRST.offset()), R12);
    a.mov(RAX, 1);
    a.mov(at(RSP, arguments + KernelArguments.I.offset()), RAX);
    a.mov(RDI, chain);
    a.lea(RSI, at(RSP, arguments));
    a.mov(RDX, 0); // threads: as many as the pool has
    a.mov(RCX, 0);
    a.mov(RAX, address("GOMP_parallel"));
    a.call(RAX);
    emitDelete(a, 1, KernelArguments.TENSORS);
    a.add(RSP, frame);
    a.pop(R12);
    a.pop(RBX);
    a.ret();
  }

  private void emitRecord(Assembler a) {
    a.push(RBX);
    a.push(R12);
    a.sub(RSP, Long.BYTES);
    a.mov(RBX, RDI);
    a.mov(RDI, at(RBX));
    a.mov(RSI, RSP);
    a.mov(RAX, address(DATA_POINTER));
    a.call(RAX);
    emitDelete(a, 0, 1);
    a.mov(R12, at(RBX, Long.BYTES));
    a.imul(R12, ChainKernel.CALL_BYTES);
    a.add(R12, at(RSP));
    a.mov(RAX, at(RBX, 2 * Long.BYTES));
    a.imul(RAX, ChainKernel.CALL_BYTES); // 0 stays 0: the first is no later one
    Label none = new Label();
    a.cmp(RAX, 0);
    a.jump(Condition.EQUAL, none);
    a.add(RAX, at(RSP));
    a.bind(none);
    a.mov(at(R12, ChainKernel.AHEAD), RAX);
    a.add(RBX, 3 * Long.BYTES);
    emitCall(a);
    emitDelete(a, 1, KernelArguments.TENSORS);
    a.add(RSP, Long.BYTES);
    a.pop(R12);
    a.pop(RBX);
    a.ret();
  }

  /** Writes a call to R12, of a stack at RBX that begins with the kernel. */
  private void emitCall(Assembler a) {
    int tensors = KernelArguments.TENSORS;
    for (int i = 0; i < tensors; i++) {
      a.mov(RDI, at(RBX, (1 + i) * Long.BYTES));
      a.lea(RSI, at(R12, i * Long.BYTES));
      a.mov(RAX, address(DATA_POINTER));
      a.call(RAX);
    }
    for (int i = tensors; i < KernelArguments.NEXT.offset() / Long.BYTES; i++) {
      a.mov(RAX, at(RBX, (1 + i) * Long.BYTES));
      a.mov(at(R12, i * Long.BYTES), RAX);
    }
    a.mov(RAX, 0);
    a.mov(at(R12, KernelArguments.NEXT.offset()), RAX);
    a.mov(at(R12, ChainKernel.ARRIVED), RAX);
    a.mov(RAX, at(RBX));
    a.mov(at(R12, ChainKernel.KERNEL), RAX);
  }

  /** Gives up so many tensors of the stack at RBX. */
  private void emitDelete(Assembler a, int first, int count) {
    for (int i = first; i < first + count; i++) {
      a.mov(RDI, at(RBX, i * Long.BYTES));
      a.mov(RAX, address("aoti_torch_delete_tensor_object"));
      a.call(RAX);
    }
  }

  private Pointer library(String function, String... names) {
    PointerByReference library = new PointerByReference();
    Object[] arguments = Arrays.copyOf(names, names.length + 3, Object[].class);
    arguments[names.length] = Operator.class.getName(); // a file and a line, for its errors
    arguments[names.length + 1] = 0;
    arguments[names.length + 2] = library;
    call(function, arguments);
    return library.getValue();
  }

  private long address(String function) {
    return Pointer.nativeValue(torch.getFunction(function));
  }

  private void call(String function, Object... arguments) {
    if (torch.getFunction(function).invokeInt(arguments) != 0) {
      throw new IllegalStateException("PyTorch refuses operators of ours: " + function + " failed");
    }
  }
}
