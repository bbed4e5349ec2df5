package dev.millrace.engine.text;

import com.fasterxml.jackson.annotation.JsonValue;
import com.hubspot.jinjava.objects.PyWrapper;
import com.hubspot.jinjava.util.HasObjectTruthValue;

/** Python's None, which is defined, while Java's null stands for what is not. */
final class PythonNone implements PyWrapper, HasObjectTruthValue {
  static final PythonNone NONE = new PythonNone();

  private PythonNone() {}

  @Override
  public boolean getObjectTruthValue() {
    return false;
  }

  @JsonValue
  Object json() {
    return null;
  }

  @Override
  public String toString() {
    return "None";
  }
}
