export { type Envelope, parseEnvelope } from './dsse/open-envelope.js';
export { InTotoError, type InTotoErrorCode } from './errors.js';
export {
  type Functionary,
  functionariesOf,
  keysWithoutStep,
  SIGNATURES_TRIED,
  signersOf,
  validSigners,
} from './evidence/functionaries.js';
export {
  agreement,
  artifactsFrom,
  artifactsTo,
  type EdgeArtifact,
  type MatchEdge,
  matchEdges,
  type Side,
} from './evidence/match-edges.js';
export { type Unmatched, unmatchedArtifacts } from './evidence/unmatched.js';
export { FINDINGS, type Finding, type FindingCode } from './findings.js';
export { canonicalJson } from './json/canonical-json.js';
export { parseJson } from './json/parse-json.js';
export type { JsonArray, JsonObject, JsonValue } from './json/value.js';
export { algorithmNameOf } from './keys/algorithm.js';
export { fingerprintOf } from './keys/fingerprint.js';
export { type KeyIdStyle, keyIdOf } from './keys/keyid.js';
export { type PublicKey, parsePublicKey } from './keys/public-key.js';
export { publicKeyFromPem } from './keys/public-key-from-pem.js';
export { KEY_ISSUES, type KeyIssue, type KeyIssueCode, screenKey } from './keys/screen-key.js';
export { type KeySignature, type SignatureCheck, verifyKeySignature } from './keys/verify-signature.js';
export { DEFAULT_LIMITS, type Limits } from './limits.js';
export { type Artifacts, type Hashes, hashesOf, sameArtifacts, sameHashes } from './metadata/artifacts.js';
export type { Inspection, Item, Step } from './metadata/items.js';
export type { Layout } from './metadata/layout.js';
export type { Link } from './metadata/link.js';
export type { Metadata, Signature } from './metadata/metadata.js';
export { parseAttestation, parseMetadata } from './metadata/parse-metadata.js';
export { type ArtifactRule, type MatchRule, type Rule, readRule } from './rules/grammar.js';
export { checkLayoutFile, checkLinkFile } from './strict/check-file.js';
export { checkLayout } from './strict/check-layout.js';
export { checkLink } from './strict/check-link.js';
export { checkText } from './strict/check-text.js';
export { STRICT_ISSUES, type StrictIssue, type StrictIssueCode } from './strict/issues.js';
export { type MemberScan, scanMembers } from './strict/scan-members.js';
export { linkFileName, sublayoutDirectory } from './workflow/load-links.js';
export type { MissingStep, RuleTrace, UsedLink, VerificationResult } from './workflow/result.js';
export type { InspectionFailure, InspectionLinks, InspectionRunner, LinkSource } from './workflow/scope.js';
export { validSignatures } from './workflow/signatures.js';
export { type VerificationInput, type VerificationOptions, verify } from './workflow/verify.js';
