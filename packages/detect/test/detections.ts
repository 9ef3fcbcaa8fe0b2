// Detections as tests make them: a rule, somebody it is about, and a time.
import { base64url } from '@grantlog/record'
import type { Detection, RuleName } from '../src/detection.ts'
import type { FindingState } from '../src/finding-state.ts'

export const idOf = (n: number): string => `01982f3e-7a4c-7cc1-9d4e-${String(n).padStart(12, '0')}`

export const ruleOf = (n: number, more: Partial<RuleName> = {}): RuleName => ({
  id: `aaaaaaaa-7a4c-4cc1-9d4e-${String(n).padStart(12, '0')}`,
  title: `Rule ${n}`,
  level: 'high',
  attack: ['T1528'],
  references: ['RFC 9700 4.14'],
  hash: base64url(new Uint8Array(32).fill(n)),
  ...more,
})

export const detectionOf = (
  n: number,
  { atMs = n, rule = ruleOf(1), who = 'p1.aaaaaaaaaaaaaaaaaaaaaa' } = {},
): Detection => ({
  ...{ rule, atMs, count: 1, group: [['session.id', who]] },
  records: [{ id: idOf(n), index: n }],
  words: 'A refresh token was used twice.',
})

export const findingStateOf = (n: number, more: Partial<FindingState> = {}): FindingState => {
  const { attack, hash, id, level, title } = ruleOf(1)
  return {
    ...{ id: idOf(n), index: n, rule: { attack, hash, id, level, title } },
    ...{ group: [['session.id', 'p1.aaaaaaaaaaaaaaaaaaaaaa']], words: 'Something happened.' },
    ...{ at: 1_795_467_000_000, lastAt: 1_795_467_000_000, madeAt: 1_795_467_000_300 },
    ...{ times: 1, count: 1, records: [{ id: idOf(n), index: n }], status: 'open', changes: [] },
    ...more,
  }
}
