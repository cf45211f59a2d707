import { isString } from '../json/value.js';
import type { Artifacts, Hashes } from '../metadata/artifacts.js';
import type { Link } from '../metadata/link.js';
import { checkName, isNormalPath } from './check-names.js';
import { refuse, type StrictIssue, type StrictIssueCode, someOf, warn } from './issues.js';

/** Everything to say about a link when it comes in, given the step that it is uploaded for, if that is known. */
export function checkLink(link: Link, step?: string): StrictIssue[] {
  return [
    ...checkName(link.name, 'name'),
    ...stepIssues(link, step),
    ...artifactIssues(link.materials, 'materials'),
    ...artifactIssues(link.products, 'products'),
  ];
}

/** The reference compares the two names nowhere, so that a link could be replayed as one of another step. */
function stepIssues(link: Link, step: string | undefined): StrictIssue[] {
  if (step === undefined || !isString(link.name) || link.name === step) return [];
  const fix = 'Upload the link for the step that it names, or let the step be recorded under its own name.';
  return [refuse('LINK_OF_ANOTHER_STEP', 'name', fix, `${someOf([link.name])} for ${someOf([step])}`)];
}

const AGAIN = 'Record the step again with a current in-toto tool.';

function artifactIssues(artifacts: Artifacts, side: string): StrictIssue[] {
  const entries = Object.entries(artifacts);
  const check = (
    make: typeof warn,
    code: StrictIssueCode,
    fix: string,
    fails: (hashes: Hashes, path: string) => boolean,
  ) => {
    const paths = entries.filter(([path, hashes]) => fails(hashes, path)).map(([path]) => path);
    return paths.length === 0 ? [] : [make(code, side, fix, someOf(paths))];
  };
  return [
    ...check(
      warn,
      'PATH_NOT_NORMAL',
      'Record the step from within its directory, with plain relative paths.',
      (_, path) => !isNormalPath(path),
    ),
    ...check(refuse, 'HASHES_EMPTY', AGAIN, (hashes) => Object.keys(hashes).length === 0),
    ...check(refuse, 'HASH_LENGTH', AGAIN, hasWrongLength),
    ...check(warn, 'HASH_UPPER_CASE', AGAIN, (hashes) =>
      Object.values(hashes).some((digest) => /[A-F]/.test(digest)),
    ),
    ...check(warn, 'HASH_ALGORITHMS_UNUSUAL', AGAIN, isUnusual),
  ];
}

const DIGITS: Readonly<Record<string, number>> = {
  md5: 32,
  sha1: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

function hasWrongLength(hashes: Hashes): boolean {
  return Object.entries(hashes).some(([algorithm, digest]) => {
    return Object.hasOwn(DIGITS, algorithm) && digest.length !== DIGITS[algorithm];
  });
}

/** MATCH compares all hashes of an artifact, not those that both sides have. */
function isUnusual(hashes: Hashes): boolean {
  const algorithms = Object.keys(hashes);
  return algorithms.length > 0 && (algorithms.length > 1 || algorithms[0] !== 'sha256');
}
