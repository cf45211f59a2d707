import { parsePublicKey } from '#in-toto/index.js';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { markEverySubject } from '#persistence/subjects/marks.js';
import type { Transaction } from '#persistence/transaction.js';
import { recordEvent } from '#persistence/trust/record-event.js';
import { registerKeys } from '#persistence/trust/register-keys.js';
import type { TrustedRoot } from '#persistence/trust/root-in-force.js';
import type { Author } from './root-service.js';
