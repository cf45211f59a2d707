import {
  type Finding,
  type Functionary,
  type Layout,
  type Link,
  type Metadata,
  type PublicKey,
  type Unmatched,
  unmatchedArtifacts,
  verify,
} from '#in-toto/index.js';
import type { FindingBody, Outcome, VerdictBody } from '#persistence/verdicts/verdict-body.js';
import { anchoringProduct } from './anchor.js';
import type { Build, Directory, Inputs, SignedLink } from './evidence.js';
import { coveredFinding, finding } from './findings.js';
import { countOwners, type JudgedSignature, judgeSignature } from './met-signatures.js';

/** The layout in force, by whom it counts as signed, and who may sign links by it. */
export interface SignedLayout {
  readonly file: Metadata;
  readonly layout: Layout;
  readonly owners: readonly PublicKey[];
  readonly functionaries: ReadonlyMap<string, readonly Functionary[]>;
}

/** A link that the verification used. */
export interface UsedLink {
  readonly step: string;
  readonly keyid: string;
  readonly link: SignedLink;
  readonly signature: JudgedSignature;
}

export interface DirectoryJudgement {
  readonly files: Directory;
  readonly outcome: Outcome;
  readonly findings: readonly FindingBody[];
  readonly missing: VerdictBody['missing'];
  readonly used: readonly UsedLink[];
}

/** in-toto verification of one set of links, and what the service asks beyond it: an anchor, and distinct owners. */
export function judgeDirectory(
  files: Directory,
  { run }: Build,
  inputs: Inputs,
  { file, layout, owners, functionaries }: SignedLayout,
  at: Date,
): DirectoryJudgement {
  const links = { read: (name: string) => files.get(name)?.metadata };
  const inspectors = [...owners, ...layout.keys.values()];
  const result = verify(
    { layout: file, layoutKeys: owners, links, inspectionLinks: { keys: inspectors, links } },
    { at, receivedAt: receipts(files, inputs) },
  );
  const used = result.used.flatMap(({ step, keyid, fileName }) => {
    const link = files.get(fileName);
    const key = functionaries.get(step)?.find(({ listedAs }) => listedAs === keyid)?.key;
    return link && key
      ? [
          {
            step,
            keyid,
            link,
            signature: judgeSignature(key, 'functionary', link.saidAt.receivedAt, inputs),
          },
        ]
      : [];
  });
  const findings = result.findings
    .filter((item) => !isIdle(item, layout))
    .map((item): FindingBody => ({ ...item, ...(run === null ? {} : { run }) }));
  const missing = result.missing.map(({ step, threshold, have, authorizedKeyids }) => ({
    step,
    threshold,
    have,
    authorizedKeyids: [...authorizedKeyids],
  }));
  const judged = { files, used, missing };
  // Declaring a subject proves nothing: without an anchoring link of a functionary, a build says nothing about it,
  // neither for nor against.
  const standing = result.outcome === 'pass' ? [...firstOfEachStep(used).values()] : [...files.values()];
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
  const unmatched = run === null ? unmatchedIn(used, layout) : [];
  if (unmatched.length > 0) {
    const apart = unmatched.map((artifacts) => finding('MATCHED_IN_PART', { run, ...artifacts }));
    return { ...judged, outcome: 'pending', findings: [...apart, ...findings] };
  }
  const tooFew = stepsOfTooFewOwners(layout, used);
  if (tooFew.length > 0) {
    const lacking = tooFew.map((step) => finding('OWNERS_BELOW_THRESHOLD', { run, ...step }));
    return { ...judged, outcome: 'pending', missing: tooFew, findings: [...lacking, ...findings] };
  }
  const direct = anchored.find(({ anchor }) => anchor.via === 'itself') ?? anchored[0];
  const covered = direct && direct.anchor.via !== 'itself' ? [coveredFinding(direct.anchor.via)] : [];
  return { ...judged, outcome: 'pass', findings: [...findings, ...covered] };
}

/** Signatures are judged as of when they came in, be it long ago. */
function receipts(files: Directory, { layout }: Inputs): (file: Metadata) => Date | undefined {
  const times = new Map<Metadata, Date>();
  // Each signature of a file was valid when its signer first said this. Where time can end that, earlier was no worse.
  for (const { metadata, saidAt } of files.values()) {
    const known = times.get(metadata);
    if (!known || saidAt.receivedAt < known) {
      times.set(metadata, saidAt.receivedAt);
    }
  }
  return (file) => (file === layout?.metadata ? layout.receivedAt : times.get(file));
}

/**
 * The links that the rules were applied to. Where one functionary of several is enough, the others' links are not looked
 * at, so what they say of the subject counts for nothing either.
 */
function firstOfEachStep(used: readonly UsedLink[]): ReadonlyMap<string, SignedLink> {
  const first = new Map<string, SignedLink>();
  for (const { step, link } of used) {
    first.set(step, first.get(step) ?? link);
  }
  return first;
}

/** Where no run says that links belong together, only what they share does, and it must be all that the rules compare. */
function unmatchedIn(used: readonly UsedLink[], layout: Layout): Unmatched[] {
  const links = [...firstOfEachStep(used)].flatMap(
    ([
      step,
      {
        metadata: { payload },
      },
    ]): [string, Link][] => (payload.type === 'link' ? [[step, payload]] : []),
  );
  return unmatchedArtifacts(layout, new Map(links)).map(({ paths, ...where }) => ({
    ...where,
    paths: paths.slice(0, PATHS_NAMED),
  }));
}

/** Unmatched artifacts of a step that a finding names. */
const PATHS_NAMED = 10;

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

/**
 * The reference counts keys. What a threshold is for, that several agree, only holders tell: steps whose links are by
 * fewer of them than it asks for.
 */
function stepsOfTooFewOwners({ steps }: Layout, used: readonly UsedLink[]): VerdictBody['missing'] {
  return steps.flatMap(({ name: step, threshold, pubkeys }) => {
    const signatures = used.filter((link) => link.step === step).map(({ signature }) => signature);
    const have = countOwners(signatures);
    return have < threshold
      ? [{ step, threshold: Number(threshold), have, authorizedKeyids: [...pubkeys] }]
      : [];
  });
}
