// Tokens of issuers that have no records here: what is known of them is what an API read of them.
import { alice, type Case, letIn, minute } from './cases.ts'

/** It ends ten minutes after the start. */
const used = letIn({
  ...{ ...alice, 'oauth.token.hash': 't1.a' },
  'oauth.token.expires_at': 1_767_226_200,
})

export const elsewhereCases: readonly Case[] = [
  {
    ...{ detector: 'protocol.used-after-end', rule: 'f123', words: /after it had expired/ },
    fires: [[10 * minute + 61, used]],
    silent: { 'by clocks that differ': [[10 * minute + 59, used]] },
  },
]
