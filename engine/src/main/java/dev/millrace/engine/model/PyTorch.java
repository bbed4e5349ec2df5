package dev.millrace.engine.model;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import dev.millrace.engine.kernel.Kernels;
import java.nio.file.Path;

/** The library that computes. */
final class PyTorch {
  /** DJL's name for it. */
  static final String ENGINE = "PyTorch";

  private PyTorch() {}

  /** Loads it, once in a process, and sets what it keeps per thread for the calling one. */
  static void prepare(int threads) {
    Engine.getEngine(ENGINE); // loads the native libraries
    Kernels.register(Path.of(LibUtils.getLibtorchPath()));
    JniUtils.setGraphExecutorOptimize(false); // it would recompile for every new batch size
    JniUtils.setNumThreads(threads);
  }
}
