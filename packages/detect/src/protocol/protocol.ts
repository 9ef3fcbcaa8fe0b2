// The rows of the protocol that no Sigma rule can say, for what decides them is in the past and no
// correlation has the words: more redemptions than codes, a count that falls, a set that grew. Each
// is a detector of its own, so that one which fails misses only what is its own.
import type { Check } from '../stateful.ts'
import { codeRedeemedTwice } from './code-redeemed-twice.ts'
import { crossing } from './crossing.ts'
import { newActor } from './new-actor.ts'
import { pkceGone } from './pkce-gone.ts'
import { redirectChanged } from './redirect-changed.ts'
import { refreshReused } from './refresh-reused.ts'
import { scopeGrew } from './scope-grew.ts'
import { subjectIsAClient } from './subject-is-a-client.ts'
import { tokenOfAnotherClient } from './token-of-another-client.ts'
import { usedAfterEnd } from './used-after-end.ts'

/** By the names that snapshots know them by. */
export const protocolChecks: Readonly<Record<string, () => Check>> = {
  'protocol.code-redeemed-twice': codeRedeemedTwice,
  'protocol.pkce-gone': pkceGone,
  'protocol.redirect-changed': redirectChanged,
  'protocol.crossing': crossing,
  'protocol.token-of-another-client': tokenOfAnotherClient,
  'protocol.refresh-reused': refreshReused,
  'protocol.scope-grew': scopeGrew,
  'protocol.new-actor': newActor,
  'protocol.used-after-end': usedAfterEnd,
  'protocol.subject-is-a-client': subjectIsAClient,
}
