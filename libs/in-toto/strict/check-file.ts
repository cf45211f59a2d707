import type { Metadata } from '../metadata/metadata.js';
import { checkLayout } from './check-layout.js';
import { checkLink } from './check-link.js';
import { checkText } from './check-text.js';
import { refuse, type StrictIssue, warn } from './issues.js';

/** All strict checks of a layout file: its text, its signatures, the layout. */
export function checkLayoutFile(bytes: Uint8Array, metadata: Metadata): StrictIssue[] {
  const { payload } = metadata;
  return [
    ...checkText(bytes),
    ...signatureIssues(metadata),
    ...(payload.type === 'layout' ? checkLayout(payload) : []),
  ];
}

/** All strict checks of a file uploaded as a link, which may be a sublayout. */
export function checkLinkFile(bytes: Uint8Array, metadata: Metadata, step?: string): StrictIssue[] {
  const { payload } = metadata;
  const common = [...checkText(bytes), ...signatureIssues(metadata)];
  if (payload.type === 'link') return [...common, ...checkLink(payload, step)];
  const fix = 'Upload the links of its own steps beside it, under the directory of this step and key.';
  return [...common, warn('LINK_IS_SUBLAYOUT', '', fix), ...checkLayout(payload)];
}

function signatureIssues({ container, signatures }: Metadata): StrictIssue[] {
  if (signatures.length === 0)
    return [refuse('UNSIGNED', 'signatures', 'Sign the file with the key of a functionary or owner.')];
  if (container === 'dsse') return [];
  const seen = new Set<string>();
  return signatures.flatMap(({ keyid }, i) => {
    const isRepeated = seen.has(keyid);
    seen.add(keyid);
    if (!isRepeated) return [];
    return [warn('SIGNATURE_REPEATED', `signatures/${i}`, 'Keep one signature of each key.', keyid)];
  });
}
