import { clipText, jsonBytes } from './bounded-text.js';
import { SERVICE_FINDINGS } from './service-findings.js';
import type { FindingBody } from './verdict-body.js';

const MESSAGE_CHARACTERS = 2_000;
const TEXT_CHARACTERS = 256;
const ITEMS = 16;
/** Of a MORE_FINDINGS. */
const MORE_BYTES = 300;

/**
 * The findings within so many bytes of JSON, each clipped to a length of its own. Errors decide, so they are kept before
 * warnings, and warnings before what merely informs; how many are left out, the last finding says.
 */
export function boundFindings(findings: readonly FindingBody[], bytes: number): FindingBody[] {
  const clipped = findings.map(clipFinding);
  if (jsonBytes(clipped) <= bytes) {
    return clipped;
  }
  const named = clipped.filter(({ code }) => code !== 'MORE_FINDINGS');
  const kept = new Map<number, FindingBody>();
  let room = bytes - MORE_BYTES;
  for (const at of gravestFirst(named)) {
    const finding = named[at] as FindingBody;
    const fitting = [finding, essenceOf(finding)].find((form) => jsonBytes(form) < room);
    if (!fitting) {
      break;
    }
    room -= jsonBytes(fitting) + 1;
    kept.set(at, fitting);
  }
  const before = clipped.find(({ code }) => code === 'MORE_FINDINGS')?.count;
  const count = named.length - kept.size + (typeof before === 'number' ? before : 0);
  const inOrder = [...kept].sort(([a], [b]) => a - b).map(([, finding]) => finding);
  return count === 0 ? inOrder : [...inOrder, moreFindings(count)];
}

/** Its texts and lists cut where they are too long; `omitted` says how many items of which list are gone. */
function clipFinding(finding: FindingBody): FindingBody {
  const omitted: Record<string, number> = {};
  const members = Object.entries(finding).map(([name, value]): [string, unknown] => {
    if (name === 'message') {
      return [name, clipText(finding.message, MESSAGE_CHARACTERS)];
    }
    if (Array.isArray(value) && value.length > ITEMS) {
      omitted[name] = value.length - ITEMS;
    }
    return [name, clip(value)];
  });
  const clipped = Object.fromEntries(members) as FindingBody;
  return Object.keys(omitted).length === 0 ? clipped : { ...clipped, omitted };
}

function clip(value: unknown): unknown {
  if (typeof value === 'string') {
    return clipText(value, TEXT_CHARACTERS);
  }
  if (Array.isArray(value)) {
    return value.slice(0, ITEMS).map(clip);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, clip(member)]))
    : value;
}

function gravestFirst(findings: readonly FindingBody[]): number[] {
  const rank = (at: number): number => RANKS.indexOf(findings[at]?.severity ?? 'info');
  return [...findings.keys()].sort((a, b) => rank(a) - rank(b));
}

const RANKS: readonly FindingBody['severity'][] = ['error', 'warning', 'info'];

function essenceOf({ code, severity, message, fix }: FindingBody): FindingBody {
  const said = clipText(message, TEXT_CHARACTERS);
  return { code, severity, message: said, ...(fix === undefined ? {} : { fix }) };
}

function moreFindings(count: number): FindingBody {
  return {
    code: 'MORE_FINDINGS',
    severity: 'info',
    message: SERVICE_FINDINGS.MORE_FINDINGS,
    fix: 'Mend what the others say, and ask again.',
    count,
  };
}
