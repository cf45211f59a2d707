import { functionariesOf, type Layout, type Metadata, type PublicKey } from '#in-toto/index.js';
import type { BuildExplanation } from '#persistence/verdicts/explanation.js';
import type { FindingBody, Outcome, VerdictBody } from '#persistence/verdicts/verdict-body.js';
import { anchoringProduct } from './anchor.js';
import type { Build, Directory, Inputs } from './evidence.js';
import { explainBuild } from './explain-build.js';
import { conflictFinding, finding, rejectionFindings } from './findings.js';
import { type DirectoryJudgement, judgeDirectory, type UsedLink } from './judge-directory.js';
import { grandfatheredLinks } from './key-findings.js';
import { maxAgeOf } from './screen-link.js';

export interface BuildJudgement {
  readonly run: string | null;
  readonly outcome: Outcome;
  readonly findings: readonly FindingBody[];
  readonly missing: VerdictBody['missing'];
  readonly evidence: VerdictBody['evidence'];
  /** Undecided because there is more than was looked at. */
  readonly limited: boolean;
  /** When the newest link of each step arrived. */
  readonly arrivals: ReadonlyMap<string, bigint>;
  /** When the first of its links grows too old. */
  readonly validUntil: Date | undefined;
  readonly explanation: BuildExplanation;
}

/** in-toto verification of each consistent set of a build, and what all of them together say. */
export function judgeBuild(
  build: Build,
  inputs: Inputs,
  layoutFile: Metadata,
  layout: Layout,
  owners: readonly PublicKey[],
  at: Date,
): BuildJudgement {
  const functionaries = functionariesOf(layout);
  const judgeFiles = (files: Directory) =>
    judgeDirectory(files, build, inputs, { file: layoutFile, layout, owners, functionaries }, at);
  const agreed = agreeOnSets(build.directories.map(judgeFiles), build, inputs);
  const { outcome, deciding, findings } =
    agreed.outcome === 'pending' ? (failureBefore(build, inputs, judgeFiles) ?? agreed) : agreed;
  const used = deciding?.used ?? [];
  return {
    run: build.run,
    outcome,
    findings: [
      ...findings,
      ...build.conflicts.map((conflict) => conflictFinding(conflict, build.run, inputs.settings.conflict)),
      ...(deciding?.findings ?? []),
      ...build.untied.map((step) => finding('STEP_NOT_TIED', { step })),
      ...rejectionFindings(build.rejected, build.run),
      ...grandfatheredLinks(used, build.run),
    ],
    missing: deciding?.missing ?? [],
    evidence: used.map(({ step, keyid, link }) => ({ step, keyid, link: link.id, run: build.run })),
    limited: build.limited && outcome === 'pending',
    arrivals: arrivalsOf(deciding?.files ?? new Map()),
    validUntil: firstToAge(used, inputs),
    explanation: explainBuild(
      build,
      outcome,
      deciding?.files ?? new Map(),
      layout,
      inputs.anchors,
      inputs.settings.anchorSteps,
    ),
  };
}

interface Agreement {
  readonly outcome: Outcome;
  readonly deciding: DirectoryJudgement | undefined;
  readonly findings: FindingBody[];
}

/** Sets that come to one result have it. Where they do not, or may not all have been seen, nothing is allowed. */
function agreeOnSets(sets: readonly DirectoryJudgement[], build: Build, inputs: Inputs): Agreement {
  const { conflict } = inputs.settings;
  const [first] = sets;
  const different = sets.find(({ outcome }) => outcome !== first?.outcome);
  const passing = sets.find(({ outcome }) => outcome === 'pass');
  if (!first) {
    return { outcome: 'pending', deciding: undefined, findings: [finding('NO_EVIDENCE', {})] };
  }
  if (build.limited && passing) {
    return { outcome: 'pending', deciding: passing, findings: [finding('EVIDENCE_SEARCH_LIMIT', {})] };
  }
  if (different) {
    const ambiguous = finding('AMBIGUOUS_EVIDENCE', { sets: sets.length, conflict });
    return conflict === 'any' && passing
      ? { outcome: 'pass', deciding: passing, findings: [ambiguous] }
      : {
          outcome: 'fail',
          deciding: sets.find(({ outcome }) => outcome === 'fail') ?? first,
          findings: [ambiguous],
        };
  }
  if (build.conflicts.length > 0 && conflict === 'strict' && speaksOf(build, inputs)) {
    return { outcome: 'fail', deciding: first, findings: [] };
  }
  return { outcome: first.outcome, deciding: first, findings: [] };
}

/** Does any link of the build anchor the subject, be it one that another took the place of? */
function speaksOf({ directories, displaced }: Build, { anchors, settings }: Inputs): boolean {
  const links = [...directories.flatMap((files) => [...files.values()]), ...displaced];
  return links.some(
    ({ metadata }) => anchoringProduct(metadata, anchors, settings.anchorSteps) !== undefined,
  );
}

/**
 * A repeated job that is not complete does not take back what was found before it: otherwise any link of a newer attempt
 * would hide a failing build from the older ones of the same subject.
 */
function failureBefore(
  { earlier }: Build,
  { settings }: Inputs,
  judgeFiles: (files: Directory) => DirectoryJudgement,
): Agreement | undefined {
  if (settings.conflict === 'any') {
    return undefined;
  }
  for (const files of earlier) {
    const deciding = judgeFiles(files);
    if (deciding.outcome === 'fail') {
      return { outcome: 'fail', deciding, findings: [finding('ATTEMPT_INCOMPLETE', {})] };
    }
  }
  return undefined;
}

function arrivalsOf(files: Directory): Map<string, bigint> {
  const arrivals = new Map<string, bigint>();
  for (const {
    metadata,
    saidAt: { seq },
  } of files.values()) {
    const step = metadata.payload.type === 'link' ? String(metadata.payload.name) : '';
    const known = arrivals.get(step);
    arrivals.set(step, known === undefined || known < seq ? seq : known);
  }
  return arrivals;
}

function firstToAge(used: readonly UsedLink[], inputs: Inputs): Date | undefined {
  const ends = used.flatMap(({ step, link }) => {
    const seconds = maxAgeOf(inputs, step);
    return seconds === undefined ? [] : [link.saidAt.receivedAt.getTime() + seconds * 1_000];
  });
  return ends.length === 0 ? undefined : new Date(Math.min(...ends));
}
