/**
 * PostgreSQL notification channels. A notification is sent when its transaction commits, carries no content, and may be
 * lost: it says "look", and what is true is in the tables.
 */
export const channels = { mark: 'custody_mark', verdict: 'custody_verdict' } as const;
export type Channel = (typeof channels)[keyof typeof channels];
