/**
 * PostgreSQL notification channels. A notification is sent when its transaction commits, and may be lost: it says "look",
 * and what is true is in the tables.
 *
 * - `mark`: the outbox has something to do.
 * - `verdict`: a verdict was stored; `<chain id> <digest in hexadecimal>`.
 * - `evidence`: there is evidence about a digest that was not looked at; `<chain id> <digest in hexadecimal>`, or, of too many
 *   to name, `<chain id>`.
 * - `trust`: what every verdict of a chain is judged by has changed; `<chain id>`.
 * - `replay`: a replay has something to do, or came further; its id.
 */
export const channels = {
  mark: 'custody_mark',
  verdict: 'custody_verdict',
  evidence: 'custody_evidence',
  trust: 'custody_trust',
  replay: 'custody_replay',
} as const;
export type Channel = (typeof channels)[keyof typeof channels];
