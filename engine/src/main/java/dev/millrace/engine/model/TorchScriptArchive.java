package dev.millrace.engine.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs a hand-written TorchScript program into the archive that PyTorch's loader reads, so that no
 * Python is needed to make one. Every attribute that the class declares gets its first value here,
 * in the order of the declarations.
 *
 * <pre>{@code
 * byte[] archive = new TorchScriptArchive("llama", "Llama").integer("heads", 32).list("keys", "Tensor").pack(text);
 * }</pre>
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/v2.7.1/torch/csrc/jit/docs/serialization.md">the
 *     format</a>
 */
final class TorchScriptArchive {
  private static final byte[] PLACEHOLDER = new byte[Float.BYTES];

  private final String module;
  private final Pickle pickle = new Pickle();

  /**
   * @param module the program is {@code __torch__.<module>} in its own text
   * @param type the class in it of which the archive holds one object
   */
  TorchScriptArchive(String module, String type) {
    this.module = module;
    pickle.global("__torch__." + module, type).emptyTuple().newObject().emptyDict().mark();
    bool("training", false);
  }

  TorchScriptArchive integer(String name, long value) {
    pickle.string(name).integer(value);
    return this;
  }

  TorchScriptArchive number(String name, double value) {
    pickle.string(name).number(value);
    return this;
  }

  TorchScriptArchive bool(String name, boolean value) {
    pickle.string(name).bool(value);
    return this;
  }

  TorchScriptArchive string(String name, String value) {
    pickle.string(name).string(value);
    return this;
  }

  /** An empty list. */
  TorchScriptArchive list(String name, String elementType) {
    pickle.string(name);
    typeTag().emptyList().string("List[" + elementType + "]").tuple().reduce();
    return this;
  }

  TorchScriptArchive bools(String name, List<Boolean> values) {
    pickle.string(name);
    typeTag().emptyList().mark();
    values.forEach(pickle::bool);
    pickle.appends().string("List[bool]").tuple().reduce();
    return this;
  }

  /** An empty dictionary with strings as keys. */
  TorchScriptArchive dictionary(String name, String valueType) {
    pickle.string(name);
    typeTag().emptyDict().string("Dict[str, " + valueType + "]").tuple().reduce();
    return this;
  }

  /** A one-element tensor, until the program sets the attribute. */
  TorchScriptArchive tensor(String name) {
    pickle.string(name).global("torch._utils", "_rebuild_tensor_v2").mark();
    pickle.mark().string("storage").global("torch", "FloatStorage").string("0").string("cpu");
    pickle.integer(1).tuple().persistentId(); // the storage's elements
    pickle.integer(0); // the first element
    pickle
        .mark()
        .integer(1)
        .tuple()
        .mark()
        .integer(1)
        .tuple()
        .bool(false); // size, stride, gradient
    pickle.global("collections", "OrderedDict").emptyTuple().reduce().tuple().reduce();
    return this;
  }

  /**
   * @param program the text of the module
   * @return a zip archive; call once
   */
  byte[] pack(String program) {
    var archive = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(archive)) {
      put(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
      put(zip, "code/__torch__/" + module + ".py", program.getBytes(StandardCharsets.UTF_8));
      put(zip, "constants.pkl", new Pickle().emptyTuple().stop());
      put(zip, "data/0", PLACEHOLDER);
      put(zip, "data.pkl", pickle.setItems().build().stop());
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return archive.toByteArray();
  }

  /** The start of a call that says what a container holds, which its empty value cannot. */
  private Pickle typeTag() {
    return pickle.global("torch.jit._pickle", "restore_type_tag").mark();
  }

  /** Stored, not deflated: PyTorch reads the entries in place. */
  private void put(ZipOutputStream zip, String name, byte[] data) throws IOException {
    var crc = new CRC32();
    crc.update(data);
    var entry = new ZipEntry(module + "/" + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(data.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(data);
    zip.closeEntry();
  }
}
