package dev.millrace.job.task.yaml;

import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads a YAML text whose top is a mapping. */
public final class YamlFile {
  private YamlFile() {}

  /** The top of the file; empty, with a mistake noted, if it is not YAML or no mapping. */
  public static Optional<YamlObject> parse(String text, Mistakes mistakes) {
    Optional<Node> top;
    try {
      top = new Compose(LoadSettings.builder().build()).composeString(text);
    } catch (MarkedYamlEngineException e) {
      mistakes.add(
          e.getProblemMark(), "", "this is not YAML: " + e.getProblem() + " " + e.getContext());
      return Optional.empty();
    } catch (YamlEngineException e) {
      mistakes.add(Optional.empty(), "", "this is not YAML: " + e.getMessage());
      return Optional.empty();
    }
    if (top.isPresent() && top.get() instanceof MappingNode mapping) {
      return Optional.of(new YamlObject(mapping, "", mistakes));
    }
    mistakes.add(
        top.flatMap(Node::getStartMark), "", "the file must be a mapping of keys and values");
    return Optional.empty();
  }
}
