package dev.millrace.it.secure;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;

/** The rights of the job's user on a broker. */
final class Rights {
  /** A right, as docs/security.md lists it and as its absence is reported. */
  record Right(ResourceType type, String name, PatternType pattern, AclOperation operation) {
    AclBinding of(String user) {
      return new AclBinding(
          new ResourcePattern(type, name, pattern),
          new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
    }

    /** How the start of a job names it. */
    String words() {
      return switch (type) {
        case TOPIC -> operation + " topic '" + name + "'";
        case GROUP -> operation + " group '" + name + "'";
        default -> operation + " transactional ids that begin with '" + name + "'";
      };
    }
  }

  /** Everything that the job needs, and nothing else. */
  static final List<Right> LEAST =
      List.of(
          topic("prompts", AclOperation.READ),
          topic("completions", AclOperation.WRITE),
          topic("completion-latency", AclOperation.WRITE),
          topic("prompts-dead-letter", AclOperation.WRITE),
          new Right(ResourceType.GROUP, "millrace", PatternType.LITERAL, AclOperation.READ),
          new Right(
              ResourceType.TRANSACTIONAL_ID, "millrace", PatternType.PREFIXED, AclOperation.WRITE));

  /** What the commands need that send, fetch, watch and replay. */
  static final List<Right> COMMANDS =
      List.of(
          topic("prompts", AclOperation.WRITE),
          topic("completions", AclOperation.READ),
          topic("completion-latency", AclOperation.READ),
          topic("prompts-dead-letter", AclOperation.READ),
          new Right(ResourceType.GROUP, "millrace-replay", PatternType.PREFIXED, AclOperation.READ),
          new Right(
              ResourceType.TRANSACTIONAL_ID,
              "millrace-replay",
              PatternType.PREFIXED,
              AclOperation.WRITE));

  private Rights() {}

  /** Gives a user these rights and takes all others away; returns when the broker knows. */
  static void give(Admin admin, String user, Collection<Right> rights) throws Exception {
    AclBindingFilter all =
        new AclBindingFilter(
            ResourcePatternFilter.ANY,
            new AccessControlEntryFilter(
                "User:" + user, null, AclOperation.ANY, AclPermissionType.ANY));
    admin.deleteAcls(List.of(all)).all().get();
    List<AclBinding> wanted = rights.stream().map(right -> right.of(user)).toList();
    admin.createAcls(wanted).all().get();
    while (!Set.copyOf(admin.describeAcls(all).values().get()).equals(Set.copyOf(wanted))) {
      Thread.sleep(20);
    }
  }

  private static Right topic(String name, AclOperation operation) {
    return new Right(ResourceType.TOPIC, name, PatternType.LITERAL, operation);
  }
}
