// Detections as tests make them: a rule, somebody it is about, and a time.
import { base64url } from '@grantlog/record'
import type { Detection, RuleName } from '../src/detection.ts'

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
