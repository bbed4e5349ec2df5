package dev.millrace.it;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class DependencyDirectionTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          // The engine's test fixtures come as a jar.
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("dev.millrace");

  @Test
  void every_module_is_looked_at() {
    assertThat(CLASSES)
        .extracting(javaClass -> javaClass.getPackageName())
        .contains(
            "dev.millrace.schema",
            "dev.millrace.engine",
            "dev.millrace.engine.model",
            "dev.millrace.job",
            "dev.millrace.cli");
  }

  @Test
  void the_engine_knows_nothing_of_flink_kafka_or_the_topics() {
    noClasses()
        .that()
        .resideInAPackage("dev.millrace.engine..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.flink..",
            "org.apache.kafka..",
            "org.apache.avro..",
            "dev.millrace.schema..",
            "dev.millrace.job..",
            "dev.millrace.cli..")
        .check(CLASSES);
  }

  @Test
  void the_schemas_know_nothing_else_of_ours() {
    noClasses()
        .that()
        .resideInAPackage("dev.millrace.schema..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.millrace.engine..", "dev.millrace.job..", "dev.millrace.cli..")
        .check(CLASSES);
  }

  @Test
  void the_job_knows_nothing_of_the_command_line() {
    noClasses()
        .that()
        .resideInAPackage("dev.millrace.job..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.millrace.cli..")
        .check(CLASSES);
  }

  @Test
  void djl_is_only_touched_by_the_model_and_the_tokenizer() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.millrace.engine.model..", "dev.millrace.engine.text..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .check(CLASSES);
  }

  @Test
  void the_engines_inner_packages_form_no_cycle() {
    slices().matching("dev.millrace.engine.(*)..").should().beFreeOfCycles().check(CLASSES);
  }
}
