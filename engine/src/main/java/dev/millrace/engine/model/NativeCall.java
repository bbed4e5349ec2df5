package dev.millrace.engine.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One call of a TorchScript method: converts arguments and results, and owns every native object of
 * both until it is closed.
 */
final class NativeCall implements AutoCloseable {
  private final PtSymbolBlock program;
  private final PtNDManager arrays;
  private final List<IValue> values = new ArrayList<>();
  private long nativeNanos;

  NativeCall(PtSymbolBlock program, PtNDManager parent) {
    this.program = program;
    arrays = (PtNDManager) parent.newSubManager();
  }

  PtNDArray array(float[] elements, long... shape) {
    return (PtNDArray) arrays.create(elements, new Shape(shape));
  }

  PtNDArray array(double[] elements, long... shape) {
    return (PtNDArray) arrays.create(elements, new Shape(shape));
  }

  PtNDArray array(long[] elements, long... shape) {
    return (PtNDArray) arrays.create(elements, new Shape(shape));
  }

  IValue of(long value) {
    return keep(IValue.from(value));
  }

  IValue of(double value) {
    return keep(IValue.from(value));
  }

  IValue of(boolean value) {
    return keep(IValue.from(value));
  }

  IValue of(String value) {
    return keep(IValue.from(value));
  }

  IValue of(PtNDArray value) {
    return keep(IValue.from(value));
  }

  IValue of(long[] values) {
    return keep(IValue.listFrom(values));
  }

  IValue of(Map<String, PtNDArray> tensors) {
    return keep(IValue.stringMapFrom(tensors));
  }

  /** Calls the method; for those that return nothing of interest. */
  void run(String method, IValue... arguments) {
    invoke(method, arguments);
  }

  /** Calls a method that returns a tensor. */
  NDArray tensor(String method, IValue... arguments) {
    return invoke(method, arguments).toTensor(arrays);
  }

  /** Calls a method that returns a list of tensors. */
  List<NDArray> tensors(String method, IValue... arguments) {
    return List.of(invoke(method, arguments).toTensorArray(arrays));
  }

  /** How long the program took. */
  long nativeNanos() {
    return nativeNanos;
  }

  private IValue invoke(String method, IValue... arguments) {
    long start = System.nanoTime();
    IValue result = keep(IValueUtils.runMethod(program, method, arguments));
    nativeNanos += System.nanoTime() - start;
    return result;
  }

  private IValue keep(IValue value) {
    values.add(value);
    return value;
  }

  @Override
  public void close() {
    values.forEach(IValue::close);
    arrays.close();
  }
}
