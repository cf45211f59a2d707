import {
  type Finding,
  type Layout,
  type Metadata,
  type PublicKey,
  type VerificationResult,
  verify,
} from '#in-toto/index.js';
import type { BuildExplanation } from '#persistence/verdicts/explanation.js';
import type { FindingBody, Outcome, VerdictBody } from '#persistence/verdicts/verdict-body.js';
import { anchoringProduct } from './anchor.js';
import type { Build, Directory, EvidenceLink, Inputs } from './evidence.js';
import { explainBuild } from './explain-build.js';
import { conflictFinding, coveredFinding, finding, rejectionFindings } from './findings.js';
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

interface UsedLink {
  readonly step: string;
  readonly keyid: string;
  readonly link: EvidenceLink;
}

interface DirectoryJudgement {
  readonly files: Directory;
  readonly outcome: Outcome;
  readonly findings: readonly FindingBody[];
  readonly result: VerificationResult;
  readonly used: readonly UsedLink[];
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
  const judgeFiles = (files: Directory) =>
    judgeDirectory(files, build, inputs, layoutFile, layout, owners, at);
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
    ],
    missing: (deciding?.result.missing ?? []).map(({ step, threshold, have, authorizedKeyids }) => ({
      step,
      threshold,
      have,
      authorizedKeyids: [...authorizedKeyids],
    })),
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

function judgeDirectory(
  files: Directory,
  { run }: Build,
  inputs: Inputs,
  layoutFile: Metadata,
  layout: Layout,
  owners: readonly PublicKey[],
  at: Date,
): DirectoryJudgement {
  const links = { read: (name: string) => files.get(name)?.metadata };
  const inspectors = [...owners, ...layout.keys.values()];
  const result = verify(
    { layout: layoutFile, layoutKeys: owners, links, inspectionLinks: { keys: inspectors, links } },
    { at },
  );
  const used = result.used.flatMap(({ step, keyid, fileName }) => {
    const link = files.get(fileName);
    return link ? [{ step, keyid, link }] : [];
  });
  const findings = result.findings
    .filter((item) => !isIdle(item, layout))
    .map((item): FindingBody => ({ ...item, ...(run === null ? {} : { run }) }));
  const judged = { files, result, used };
  // Declaring a subject proves nothing: without an anchoring link of a functionary, a build says nothing about it,
  // neither for nor against.
  const standing = result.outcome === 'pass' ? firstOfEachStep(used) : [...files.values()];
  const anchored = standing.flatMap(
    (link) => anchoringProduct(link.metadata, inputs.anchors, inputs.settings.anchorSteps) ?? [],
  );
  if (anchored.length === 0) {
    return {
      ...judged,
      outcome: 'pending',
      findings: [finding('SUBJECT_NOT_PROVEN', { run }), ...findings],
    };
  }
  if (result.outcome === 'fail') {
    return { ...judged, outcome: onlyMissing(result.findings) ? 'pending' : 'fail', findings };
  }
  const direct = anchored.find(({ anchor }) => anchor.via === 'itself') ?? anchored[0];
  const covered = direct && direct.anchor.via !== 'itself' ? [coveredFinding(direct.anchor.via)] : [];
  return { ...judged, outcome: 'pass', findings: [...findings, ...covered] };
}

/**
 * The links that the rules were applied to. Where one functionary of several is enough, the others' links are not looked
 * at, so what they say of the subject counts for nothing either.
 */
function firstOfEachStep(used: readonly UsedLink[]): EvidenceLink[] {
  const first = new Map<string, EvidenceLink>();
  for (const { step, link } of used) {
    first.set(step, first.get(step) ?? link);
  }
  return [...first.values()];
}

/** The reference warns about commands even where the layout expects none in particular. */
function isIdle({ code, step }: Finding, { steps }: Layout): boolean {
  const expected = steps.find(({ name }) => name === step)?.expectedCommand;
  return code === 'COMMAND_DIFFERS' && expected?.length === 0;
}

const MENDABLE: readonly Finding['code'][] = ['LINK_MISSING', 'THRESHOLD_NOT_MET', 'STEP_WITHOUT_LINK'];

/** More links can still mend it: nothing that is there contradicts the layout. */
function onlyMissing(findings: readonly Finding[]): boolean {
  return findings.filter(({ severity }) => severity === 'error').every(({ code }) => MENDABLE.includes(code));
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
  for (const { metadata, seq } of files.values()) {
    const step = metadata.payload.type === 'link' ? String(metadata.payload.name) : '';
    const known = arrivals.get(step);
    arrivals.set(step, known === undefined || known < seq ? seq : known);
  }
  return arrivals;
}

function firstToAge(used: readonly UsedLink[], inputs: Inputs): Date | undefined {
  const ends = used.flatMap(({ step, link }) => {
    const seconds = maxAgeOf(inputs, step);
    return seconds === undefined ? [] : [link.receivedAt.getTime() + seconds * 1_000];
  });
  return ends.length === 0 ? undefined : new Date(Math.min(...ends));
}
