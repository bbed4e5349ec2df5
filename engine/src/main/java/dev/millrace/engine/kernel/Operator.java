package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RBX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RDI;
import static dev.millrace.engine.kernel.Register.RDX;
import static dev.millrace.engine.kernel.Register.RSI;
import static dev.millrace.engine.kernel.Register.RSP;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

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

  private static final Path MAPPINGS = Path.of("/proc/self/maps");

  private Operator() {}

  /**
   * Makes the operator known, which the program needs to compile even where it is not called.
   *
   * @param implemented whether it can be called: this is an x86-64 processor
   * @throws IllegalStateException if PyTorch is not loaded or refuses
   */
  static void register(boolean implemented) {
    NativeLibrary torch = loaded("libtorch_cpu");
    Pointer library = library(torch, "aoti_torch_library_init_fragment", NAMESPACE);
    succeeded(
        "aoti_torch_library_def",
        function(torch, "aoti_torch_library_def").invokeInt(new Object[] {library, SCHEMA}));
    if (implemented) {
      implement(torch, loaded("libgomp"));
    }
  }

  private static void implement(NativeLibrary torch, NativeLibrary openMp) {
    Assembler assembler = new Assembler();
    emit(
        assembler,
        address(torch, "aoti_torch_get_data_ptr"),
        address(torch, "aoti_torch_delete_tensor_object"),
        address(openMp, "GOMP_parallel"));
    Pointer code = new Pointer(MachineCode.install(assembler.code()));
    // The key that stands for all: the kernels compute no gradients.
    Pointer library =
        library(torch, "aoti_torch_library_init_impl", NAMESPACE, "CompositeImplicitAutograd");
    succeeded(
        "aoti_torch_library_impl",
        function(torch, "aoti_torch_library_impl").invokeInt(new Object[] {library, "run", code}));
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

  private static Pointer library(NativeLibrary torch, String function, String... names) {
    PointerByReference library = new PointerByReference();
    Object[] arguments = new Object[names.length + 3];
    System.arraycopy(names, 0, arguments, 0, names.length);
    arguments[names.length] = Operator.class.getName();
    arguments[names.length + 1] = 0;
    arguments[names.length + 2] = library;
    succeeded(function, function(torch, function).invokeInt(arguments));
    return library.getValue();
  }

  private static Function function(NativeLibrary library, String name) {
    return library.getFunction(name);
  }

  private static long address(NativeLibrary library, String name) {
    return Pointer.nativeValue(library.getFunction(name));
  }

  private static void succeeded(String function, int error) {
    if (error != 0) {
      throw new IllegalStateException("PyTorch refuses " + SCHEMA + ": " + function + " failed");
    }
  }

  /** The library of this name that this process has loaded, whatever follows in its file's name. */
  private static NativeLibrary loaded(String name) {
    try {
      return Files.readAllLines(MAPPINGS, StandardCharsets.UTF_8).stream()
          .filter(line -> line.contains("/" + name))
          .map(line -> line.substring(line.indexOf('/')))
          .findFirst()
          .map(NativeLibrary::getInstance)
          .orElseThrow(() -> new IllegalStateException(name + " is not loaded"));
    } catch (IOException e) {
      throw new UncheckedIOException(MAPPINGS + " cannot be read", e);
    }
  }
}
