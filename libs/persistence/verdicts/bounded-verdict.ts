import { boundFindings } from './bounded-findings.js';
import { clipText, fitting, jsonBytes } from './bounded-text.js';
import type { BuildExplanation, Explanation } from './explanation.js';
import type { MetSignature } from './verdict-basis.js';
import type { VerdictBody } from './verdict-body.js';

/** 64 KiB, less what an answer has beside the body. */
const BODY_BYTES = 62 * 1024;
const MISSING_BYTES = 32 * 1024;
const RELIES_ON_BYTES = 256 * 1024;
/** 256 KiB, less what an answer has beside the explanation. */
const EXPLANATION_BYTES = 224 * 1024;
/** Of the keys that explain why an explained verdict allows nothing any more. */
export const DENIALS_BYTES = 24 * 1024;

/**
 * The body within 64 KiB of JSON. Findings and evidence are left out as far as they must be; undefined when what is
 * missing does not fit, by which it is decided and which is never cut.
 */
export function boundBody(body: VerdictBody): VerdictBody | undefined {
  const { missing, layout, evidence } = body;
  if (jsonBytes(missing) > MISSING_BYTES) {
    return undefined;
  }
  const room = BODY_BYTES - jsonBytes(missing) - jsonBytes(layout);
  const findings = boundFindings(body.findings, Math.max(room / 2, room - jsonBytes(evidence)));
  const kept = fitting(evidence, room - jsonBytes(findings));
  const left = evidence.length - kept.length + (body.omitted?.evidence ?? 0);
  return { ...body, findings, evidence: kept, ...(left === 0 ? {} : { omitted: { evidence: left } }) };
}

/** Are the signatures, all of which a read looks at, few enough to be kept with each verdict? */
export function fitsVerdict(reliesOn: readonly MetSignature[]): boolean {
  return jsonBytes(reliesOn) <= RELIES_ON_BYTES;
}

/** The explanation within 256 KiB of JSON: each build has its share, what was chosen goes before what was rejected. */
export function boundExplanation(explanation: Explanation): Explanation {
  const clipped = {
    ...explanation,
    steps: clip(explanation.steps),
    builds: explanation.builds.map(clipBuild),
  };
  if (jsonBytes(clipped) <= EXPLANATION_BYTES) {
    return clipped;
  }
  const steps = fitting(clipped.steps, EXPLANATION_BYTES / 4);
  const manifests = fitting(clipped.manifests, EXPLANATION_BYTES / 8);
  let room = EXPLANATION_BYTES - jsonBytes(steps) - jsonBytes(manifests);
  const builds: BuildExplanation[] = [];
  for (const [at, build] of clipped.builds.entries()) {
    const bounded = boundBuild(build, room / (clipped.builds.length - at));
    const bytes = jsonBytes(bounded) + 1;
    if (bytes > room) {
      break;
    }
    room -= bytes;
    builds.push(bounded);
  }
  const omitted = omittedOf(clipped, { steps, builds, manifests }, explanation.omitted);
  return { steps, builds, manifests, ...omitted };
}

const LISTS = ['chosen', 'anchors', 'ties', 'missingTies', 'rejected'] as const;

function boundBuild(build: BuildExplanation, bytes: number): BuildExplanation {
  const bare = { ...build, chosen: [], anchors: [], ties: [], missingTies: [], rejected: [] };
  // What is said of what is left out takes room, too.
  let room = bytes - jsonBytes(bare) - 120;
  const kept: Partial<Record<(typeof LISTS)[number], readonly unknown[]>> = {};
  for (const name of LISTS) {
    const items = fitting<unknown>(build[name], room);
    room -= jsonBytes(items);
    kept[name] = items;
  }
  return { ...build, ...kept, ...omittedOf(build, kept, build.omitted) } as BuildExplanation;
}

/** How much of which list is gone, added to what was gone before. */
function omittedOf(
  whole: object,
  kept: Readonly<Record<string, readonly unknown[]>>,
  before: Readonly<Record<string, number>> = {},
): { omitted?: Record<string, number> } {
  const omitted: Record<string, number> = { ...before };
  for (const [name, items] of Object.entries(kept)) {
    const left = (whole as Record<string, readonly unknown[]>)[name]?.length ?? 0;
    if (left > items.length) {
      omitted[name] = (omitted[name] ?? 0) + left - items.length;
    }
  }
  return Object.keys(omitted).length === 0 ? {} : { omitted };
}

const TEXT_CHARACTERS = 256;
const KEYIDS = 16;

function clipBuild(build: BuildExplanation): BuildExplanation {
  return {
    ...build,
    chosen: build.chosen.map(clipLink),
    rejected: build.rejected.map(clipLink),
    anchors: clip(build.anchors),
    ties: clip(build.ties),
    missingTies: clip(build.missingTies),
  };
}

function clipLink<L extends { keyids: string[]; omittedKeyids?: number | undefined }>(link: L): L {
  const left = link.keyids.length - KEYIDS;
  const clipped = clip({ ...link, keyids: link.keyids.slice(0, KEYIDS) });
  return left > 0 ? { ...clipped, omittedKeyids: left + (link.omittedKeyids ?? 0) } : clipped;
}

/** Every text in it, as far as it is too long. */
function clip<T>(value: T): T {
  if (typeof value === 'string') {
    return clipText(value, TEXT_CHARACTERS) as T;
  }
  if (Array.isArray(value)) {
    return value.map(clip) as T;
  }
  return typeof value === 'object' && value !== null
    ? (Object.fromEntries(Object.entries(value).map(([name, member]) => [name, clip(member)])) as T)
    : value;
}
