// A channel that takes nothing is a finding itself: nobody would hear of anything else. It is told
// by the other channels, and in the queue. See alerts.test.ts.
import type { Found } from '@grantlog/ledger'
import { base64url, jcsBytes, utf8 } from '@grantlog/record'
import { sha256 } from '@grantlog/ledger'
import type { RuleName } from '../detection.ts'
import { uuidOf } from '../uuid.ts'
import type { Failing } from './alerts.ts'

/** The rule that is no file. */
export const channelFailing: RuleName = {
  id: '5f0f6a3e-5d0c-4b51-9c55-7c3b5c1d9a10',
  title: 'An alert channel takes nothing',
  level: 'high',
  attack: [],
  references: [],
  hash: base64url(sha256(utf8('grantlog-channel-failing-v1'))),
}

/** Once for each time that it goes on failing. */
export function failingFinding({ channel, failures, reason, since }: Failing, now: number): Found {
  const { attack, hash, id, level, title } = channelFailing
  return {
    kind: 'found',
    at: since,
    count: failures,
    group: [['alert.channel', channel]],
    id: uuidOf(jcsBytes(['grantlog-channel-failing-v1', channel, since])),
    madeAt: now,
    records: [],
    rule: { attack, hash, id, level, title },
    words: `Channel ${channel} took nothing, ${failures} times in a row: ${reason}.`,
  }
}
