package dev.millrace.engine.text;

import com.hubspot.jinjava.util.ForLoop;
import java.util.List;

/** A loop that also knows its neighbours: {@code loop.previtem} and {@code loop.nextitem}. */
final class PythonLoop extends ForLoop {
  private final List<Object> items;

  PythonLoop(List<Object> items) {
    super(items.iterator(), items.size());
    this.items = items;
  }

  /** The item that is {@code distance} after the current one; null, undefined, if there is none. */
  Object neighbour(int distance) {
    int index = getIndex0() + distance;
    return index >= 0 && index < items.size() ? items.get(index) : null;
  }
}
