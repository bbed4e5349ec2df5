package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Memory.at;
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
import java.nio.file.Path;
import java.util.Arrays;

/**
 * PyTorch's operator {@code millrace::run}, through which the model's program calls a kernel: it
 * turns tensors into addresses and runs the kernel on all threads of PyTorch's pool.
 *
 * <p>It is registered through the C functions that libtorch has for operators of others
 * (torch/csrc/inductor/aoti_torch/c/shim.h): they outlive versions, and need no compiler.
 */
final class Operator {
  private static final String NAMESPACE = "millrace";
  private static final String SCHEMA =
      "run(int kernel, Tensor(a!) out, Tensor first, Tensor second, Tensor third, Tensor fourth,"
          + " int i, int j, int k, int l) -> ()";

  private final NativeLibrary torch;

  private Operator(NativeLibrary torch) {
    this.torch = torch;
  }

  /**
   * Makes the operator known, which the program needs to compile even where it is not called.
   *
   * @param libraries the directory of PyTorch's libraries, which must have been loaded
   * @throws IllegalStateException if PyTorch refuses
   */
  static Operator define(Path libraries) {
    Path file = libraries.resolve(System.mapLibraryName("torch_cpu"));
    Operator operator = new Operator(NativeLibrary.getInstance(file.toString()));
    Pointer library = operator.library("aoti_torch_library_init_fragment", NAMESPACE);
    operator.call("aoti_torch_library_def", library, SCHEMA);
    return operator;
  }

  /**
   * Makes it callable, on an x86-64 processor.
   *
   * @throws IllegalStateException if PyTorch refuses, or the system allows no machine code
   * @throws UnsatisfiedLinkError if PyTorch's threads are not OpenMP's
   */
  void implement() {
    Assembler assembler = new Assembler();
    emit(
        assembler,
        address("aoti_torch_get_data_ptr"),
        address("aoti_torch_delete_tensor_object"),
        address("GOMP_parallel")); // found among what libtorch depends on
    Pointer code = new Pointer(MachineCode.install(assembler.code()));
    // The key that stands for all: the kernels compute no gradients.
    Pointer library =
        library("aoti_torch_library_init_impl", NAMESPACE, "CompositeImplicitAutograd");
    call("aoti_torch_library_impl", library, "run", code);
  }

  /**
   * A function (stack, arguments, results) that is called with the operator's arguments on a stack
   * of 64 bits each and owns the tensors among them.
   */
  private static void emit(Assembler a, long dataPointer, long delete, long parallel) {
    int tensors = KernelArguments.TENSORS;
    a.push(RBX);
    a.sub(RSP, KernelArguments.BYTES); // a multiple of 16, as calls want RSP to be
    a.mov(RBX, RDI);
    for (int i = 0; i < tensors; i++) {
      a.mov(RDI, at(RBX, (1 + i) * Long.BYTES));
      a.lea(RSI, at(RSP, i * Long.BYTES));
      a.mov(RAX, dataPointer);
      a.call(RAX);
    }
    for (int i = tensors; i < KernelArguments.NEXT.offset() / Long.BYTES; i++) {
      a.mov(RAX, at(RBX, (1 + i) * Long.BYTES));
      a.mov(at(RSP, i * Long.BYTES), RAX);
    }
    a.mov(RAX, 0);
    a.mov(at(RSP, KernelArguments.NEXT.offset()), RAX);
    a.mov(RDI, at(RBX));
    a.mov(RSI, RSP);
    a.mov(RDX, 0); // threads: as many as the pool has
    a.mov(RCX, 0);
    a.mov(RAX, parallel);
    a.call(RAX);
    for (int i = 0; i < tensors; i++) {
      a.mov(RDI, at(RBX, (1 + i) * Long.BYTES));
      a.mov(RAX, delete);
      a.call(RAX);
    }
    a.add(RSP, KernelArguments.BYTES);
    a.pop(RBX);
    a.ret();
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
      throw new IllegalStateException("PyTorch refuses " + SCHEMA + ": " + function + " failed");
    }
  }
}
