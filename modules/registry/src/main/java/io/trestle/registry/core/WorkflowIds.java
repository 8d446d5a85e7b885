package io.trestle.registry.core;

import com.google.protobuf.InvalidProtocolBufferException;
import io.trestle.conversations.Declarations.Incoming;
import io.trestle.protocol.v1.Step;
import io.trestle.protocol.v1.WorkflowDefinition;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The part of a workflow that is checked before its module exists: field 7 is there, and step ids
 * are well formed and unique in the graph. The full check comes with the workflows module.
 */
final class WorkflowIds {
  private static final Pattern STEP_ID = Pattern.compile("[a-z0-9_]+");

  /** The state of a run holds its input under this name. */
  private static final String RUN_INPUT = "input";

  private static final int MAX_DEPTH = 32;

  private WorkflowIds() {}

  static void faults(Incoming m, List<String> faults) {
    if (m.workflow().length == 0) {
      faults.add("incoming workflow '" + m.name() + "': field 7 (workflow) missing");
      return;
    }
    try {
      var definition = WorkflowDefinition.parseFrom(m.workflow());
      steps(m.name(), definition.getStepsList(), new HashSet<>(), faults, 0);
    } catch (InvalidProtocolBufferException e) {
      faults.add("incoming workflow '" + m.name() + "': field 7 (workflow) does not decode");
    }
  }

  private static void steps(
      String workflow, List<Step> steps, Set<String> seen, List<String> faults, int depth) {
    if (depth > MAX_DEPTH) {
      faults.add("incoming workflow '" + workflow + "': groups nested deeper than " + MAX_DEPTH);
      return;
    }
    for (Step step : steps) {
      if (!STEP_ID.matcher(step.getId()).matches() || step.getId().equals(RUN_INPUT)) {
        faults.add(
            "incoming workflow '"
                + workflow
                + "': step id '"
                + step.getId()
                + "' (expected: lower-case letters, digits, underscore, not 'input')");
      } else if (!seen.add(step.getId())) {
        faults.add("incoming workflow '" + workflow + "': step id '" + step.getId() + "' twice");
      }
      steps(workflow, step.getParallel().getStepsList(), seen, faults, depth + 1);
      steps(workflow, step.getSequence().getStepsList(), seen, faults, depth + 1);
    }
  }
}
