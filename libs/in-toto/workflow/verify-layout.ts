import { InTotoError } from '../errors.js';
import type { JsonValue } from '../json/value.js';
import type { PublicKey } from '../keys/public-key.js';
import type { Layout } from '../metadata/layout.js';
import type { Link } from '../metadata/link.js';
import type { Metadata } from '../metadata/metadata.js';
import { verifyArtifactRules } from './artifact-rules.js';
import { verifyCommands } from './commands.js';
import { verifyExpiry } from './expiry.js';
import { runInspections } from './inspections.js';
import { verifyLayoutSignatures } from './layout-signatures.js';
import { verifyLinkSignatures } from './link-thresholds.js';
import { loadLinks } from './load-links.js';
import { substituteParameters } from './parameters.js';
import { reduceLinks } from './reduce.js';
import { errorCount, report, type Scope } from './scope.js';
import { verifySublayouts } from './sublayouts.js';
import { summaryLink } from './summary.js';

/**
 * Verifies one layout, root or sub (in-toto 1.0 §5.2; reference: in_toto_verify), and returns the link that summarises it;
 * undefined when it cannot. What is wrong is reported to the scope. A check that does not need the result of a failed one
 * is still made, so that the report is as complete as it can honestly be.
 */
export function verifyLayout(
  metadata: Metadata,
  keys: ReadonlyMap<string, PublicKey>,
  name: JsonValue,
  scope: Scope,
): Link | undefined {
  if (!verifyLayoutSignatures(metadata, keys, scope)) return undefined;
  const signed = readLayoutPayload(metadata, scope);
  if (signed === undefined) return undefined;
  verifyExpiry(signed, scope);
  const layout = substituteParameters(signed, scope);
  if (layout === undefined) return undefined;

  const evidence = errorCount(scope);
  const found = loadLinks(layout, scope);
  const authorized = verifyLinkSignatures(layout, found, scope);
  const performed = verifySublayouts(layout, authorized, scope, verifyLayout);
  if (errorCount(scope) > evidence) return undefined;

  verifyCommands(performed, scope);
  const reduced = reduceLinks(performed, scope);
  if (reduced.length < layout.steps.length) return undefined;
  for (const { step, links } of performed) {
    for (const { keyid, fileName } of links) scope.report.used.push({ step: step.name, keyid, fileName });
  }
  const steps = reduced.map(({ step, link }) => ({ item: step, kind: 'step' as const, link }));
  verifyArtifactRules(steps, steps, scope);
  // Commands are only run for what has passed so far, the layouts around this one included.
  if (errorCount(scope) > 0) return undefined;

  const inspections = runInspections(layout, scope);
  if (inspections.length < layout.inspect.length) return undefined;
  verifyArtifactRules(inspections, [...steps, ...inspections], scope);
  return errorCount(scope) > 0 ? undefined : summaryLink(name, reduced);
}

function readLayoutPayload(metadata: Metadata, scope: Scope): Layout | undefined {
  try {
    if (metadata.payload.type === 'layout') return metadata.payload;
    report(scope, 'error', {
      code: 'LAYOUT_IS_A_LINK',
      message: 'The file given as the layout holds a link.',
      fix: 'Give the layout.',
    });
  } catch (error) {
    if (!(error instanceof InTotoError)) throw error;
    report(scope, 'error', {
      code: 'LAYOUT_UNREADABLE',
      message: `The payload of the layout's envelope is no layout: ${error.message}.`,
      fix: 'Have the owners sign a layout that is one.',
      found: [error.code],
    });
  }
  return undefined;
}
