package dev.millrace.engine.model;

import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/** Makes tensors of safetensors files known to the program, which maps the files itself. */
final class TensorMapping {
  private final LlamaProgram program;
  private final Set<String> open = new HashSet<>();

  TensorMapping(LlamaProgram program) {
    this.program = program;
  }

  void place(TensorInfo tensor) {
    if (tensor.isAligned()) {
      map(tensor);
    } else {
      copy(tensor);
    }
  }

  private void map(TensorInfo tensor) {
    String file = tensor.file().getFileName() + " as " + tensor.type().torchName();
    if (open.add(file)) {
      open(file, tensor.file(), tensor.type());
    }
    program.call(
        call ->
            call.run(
                "place",
                call.of(tensor.name()),
                call.of(file),
                call.of(tensor.offset() / tensor.type().bytes()),
                call.of(shape(tensor))));
  }

  private void open(String file, Path path, FloatType type) {
    try {
      long elements = Files.size(path) / type.bytes();
      program.call(
          call ->
              call.run(
                  "open",
                  call.of(file),
                  call.of(path.toString()),
                  call.of(elements),
                  call.of(type.scalarType())));
    } catch (IOException e) {
      throw new CheckpointException(path + " cannot be read: " + e.getMessage(), e);
    }
  }

  private void copy(TensorInfo tensor) {
    float[] elements = read(tensor);
    program.call(
        call ->
            call.run(
                "place_copy",
                call.of(tensor.name()),
                call.of(call.array(elements, shape(tensor)))));
  }

  private static float[] read(TensorInfo tensor) {
    if (tensor.byteLength() > Integer.MAX_VALUE - 8) {
      throw new CheckpointException(
          "%s: tensor %s starts at byte %d, which is no multiple of its element size, and is too large to copy: save the checkpoint again with a current safetensors"
              .formatted(tensor.file(), tensor.name(), tensor.offset()));
    }
    try (FileChannel channel = FileChannel.open(tensor.file(), StandardOpenOption.READ)) {
      ByteBuffer bytes =
          SafetensorsFile.readFully(channel, tensor.offset(), (int) tensor.byteLength())
              .order(ByteOrder.LITTLE_ENDIAN);
      float[] elements = new float[(int) tensor.elements()];
      for (int i = 0; i < elements.length; i++) {
        elements[i] =
            tensor
                .type()
                .toFloat(
                    tensor.type() == FloatType.FLOAT32
                        ? bytes.getInt()
                        : bytes.getShort() & 0xffff);
      }
      return elements;
    } catch (IOException e) {
      throw new CheckpointException(tensor.file() + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static long[] shape(TensorInfo tensor) {
    return tensor.shape().stream().mapToLong(Long::longValue).toArray();
  }
}
