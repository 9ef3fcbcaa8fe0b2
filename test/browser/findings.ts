// Findings of the world that the pages show, as detection makes them; what they say is hostile,
// too.
import type { Found } from '@grantlog/ledger'

const at = Date.now() - 90_000
const idOf = (n: number): string => `01982f3e-7a4c-8cc1-9d4e-${String(n).padStart(12, '0')}`

const common = { kind: 'found' as const, madeAt: at + 300 }

export const findings: readonly Found[] = [
  {
    ...{ ...common, id: idOf(1), at, count: 2 },
    group: [
      ['oauth.client.id', 'web'],
      ['session.id', 'p1.9sQmY2r0T6aXb1LkVd3fHw'],
    ],
    records: [
      { id: idOf(11), index: 6 },
      { id: idOf(12), index: 7 },
    ],
    rule: {
      ...{ attack: ['T1528', 'T1550.001'], hash: 'A'.repeat(43), id: idOf(21), level: 'critical' },
      title: 'Refresh token used twice, and accepted',
    },
    words: 'A refresh token that had been rotated was taken again, and tokens were given for it.',
  },
  {
    ...{ ...common, id: idOf(2), at: at - 3_600_000, count: 40 },
    group: [['oauth.client.id', '\u202e<script>alert(1)</script>']],
    records: [{ id: idOf(13), index: null }],
    rule: {
      ...{ attack: [], hash: 'A'.repeat(43), id: idOf(22), level: 'medium' },
      title: 'A client asks for far more than it uses to',
    },
    words: 'Forty requests in a minute, 42× its usual rate.',
  },
]
