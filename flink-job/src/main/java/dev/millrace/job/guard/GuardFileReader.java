package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.task.yaml.Mistakes;
import dev.millrace.job.task.yaml.YamlFile;
import dev.millrace.job.task.yaml.YamlObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads a guard file: the model, and a guard under each name. */
final class GuardFileReader {
  private static final int HASH_BYTES = 4;

  /** Enough for a conversation of many pages, and little beside the job's own cache. */
  private static final int CACHE_TOKENS = 16_384;

  private final GuardFile file;
  private final List<GuardPolicy> guards = new ArrayList<>();

  GuardFileReader(GuardFile file) {
    this.file = requireNonNull(file, "file");
  }

  /**
   * @throws GuardFileException naming every mistake
   */
  Guards read() {
    Mistakes mistakes = new Mistakes(file.name());
    Optional<YamlObject> top = YamlFile.parse(file.text(), mistakes);
    Optional<GuardModel> model = top.flatMap(this::readTop);
    if (!mistakes.all().isEmpty()) {
      throw new GuardFileException(mistakes.all());
    }
    return new Guards(guards, model);
  }

  private Optional<GuardModel> readTop(YamlObject top) {
    Optional<YamlObject> section = top.object("model");
    Optional<GuardModel> model = section.map(GuardFileReader::readModel);
    Optional<YamlObject> named = top.object("guards");
    if (named.isEmpty() && !top.has("guards")) {
      top.mistake("needs guards: a mapping from each guard's name to what it looks for");
    }
    top.end();
    String modelText = section.map(yaml -> yaml.json().toString()).orElse("");
    for (String name : named.map(YamlObject::keys).orElse(Set.of())) {
      readGuard(name, named.get(), model, modelText);
    }
    return model;
  }

  private void readGuard(
      String name, YamlObject parent, Optional<GuardModel> model, String modelText) {
    Optional<YamlObject> yaml = parent.object(name);
    if (yaml.isEmpty()) {
      if (!parent.has(name)) {
        parent.mistake(name, "is empty: give rules, model or both");
      }
      return;
    }
    if (name.equals(Guards.NONE)) {
      parent.mistake(name, "is what a task says that wants no guard: choose another name");
    }
    List<Rule> rules = new RulesReader(yaml.get()).read();
    Optional<ModelCheck> check = yaml.get().object("model").map(asked -> readCheck(asked, model));
    if (rules.isEmpty() && check.isEmpty() && !yaml.get().has("rules")) {
      parent.mistake(name, "looks for nothing: give rules, model or both");
    }
    OnFailure onFailure =
        yaml.get()
            .choice("on_failure", Map.of("block", OnFailure.BLOCK, "pass", OnFailure.PASS))
            .orElse(OnFailure.BLOCK);
    yaml.get().end();
    String hash = hash(yaml.get().json() + (check.isPresent() ? modelText : ""));
    guards.add(new GuardPolicy(name, hash, rules, check, onFailure));
  }

  private static GuardModel readModel(YamlObject yaml) {
    String directory =
        yaml.requiredText("directory", "the checkpoint's directory, on every task manager");
    String sha256 = yaml.text("sha256").orElse("");
    if (!sha256.matches("(?i)([0-9a-f]{64})?")) {
      yaml.mistake("sha256", "must be 64 hexadecimal digits");
    }
    int cacheTokens = yaml.integer("cache_tokens", 1, Integer.MAX_VALUE).orElse(CACHE_TOKENS);
    Map<String, String> categories =
        yaml.object("categories")
            .map(GuardFileReader::readCategories)
            .orElse(LlamaGuard.CATEGORIES);
    yaml.end();
    return new GuardModel(directory, sha256, cacheTokens, categories);
  }

  private static Map<String, String> readCategories(YamlObject yaml) {
    Map<String, String> categories = new LinkedHashMap<>();
    for (String code : yaml.keys()) {
      if (!code.matches("[A-Za-z0-9_-]+")) {
        yaml.mistake(code, "must be a code as the model answers it, such as S1");
      }
      categories.put(code, yaml.requiredText(code, "what the category is called"));
    }
    if (categories.isEmpty()) {
      yaml.mistake("has no category: name each code that the model may answer");
    }
    return categories;
  }

  private static ModelCheck readCheck(YamlObject yaml, Optional<GuardModel> model) {
    Sides sides = RulesReader.sides(yaml);
    double threshold = yaml.number("threshold", RulesReader.PROBABILITY).orElse(0.5);
    List<String> block = yaml.texts("block");
    if (model.isEmpty()) {
      yaml.mistake("there is no model to ask: give model.directory at the top of the file");
    }
    List<String> known = model.map(m -> List.copyOf(m.categories().values())).orElse(block);
    block.stream()
        .filter(category -> !known.contains(category))
        .forEach(
            category -> yaml.mistake("block", "'%s' is none of %s".formatted(category, known)));
    ModelCheck check =
        new ModelCheck(sides, threshold, Set.copyOf(yaml.has("block") ? block : known));
    yaml.end();
    return check;
  }

  private static String hash(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
