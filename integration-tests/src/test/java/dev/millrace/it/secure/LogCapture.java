package dev.millrace.it.secure;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/** Everything that this process logs at INFO and above, from now until it is closed. */
final class LogCapture implements AutoCloseable {
  private final LoggerContext context = (LoggerContext) LogManager.getContext(false);
  private final LoggerConfig root = context.getConfiguration().getRootLogger();
  private final Level level = root.getLevel();
  private final Lines lines = new Lines();

  LogCapture() {
    lines.start();
    root.addAppender(lines, Level.INFO, null);
    root.setLevel(Level.INFO);
    context.updateLoggers();
  }

  String text() {
    return lines.text();
  }

  @Override
  public void close() {
    root.removeAppender(lines.getName());
    root.setLevel(level);
    context.updateLoggers();
  }

  private static final class Lines extends AbstractAppender {
    private final Queue<String> all = new ConcurrentLinkedQueue<>();

    Lines() {
      super("captured", null, null, false, Property.EMPTY_ARRAY);
    }

    @Override
    public void append(LogEvent event) {
      all.add(event.getLoggerName() + " " + event.getMessage().getFormattedMessage());
      if (event.getThrown() != null) {
        all.add(event.getThrown().toString());
      }
    }

    String text() {
      return String.join("\n", all);
    }
  }
}
