// Claims on both drawings of a lineage: nothing in a record can do more than be read.
import { expect, test } from '@jest/globals'
import { storyOf, type Telling } from '../../test/producer.ts'
import { type Lineage, lineageOf } from './lineage.ts'
import { escapeLabel, mermaidOf } from './mermaid.ts'
import { textOf } from './text.ts'

const grant = { 'oauth.grant.id_hash': 'p1.grant' }

function lineage(story: readonly Telling[]): Promise<Lineage> {
  return lineageOf({ records: storyOf(story), target: 'p1.grant' })
}

const evil = 'x"]; n9["y\u001b[31m\u202e`b`<script>&#34;\n  n1 --> n9'
const story: readonly Telling[] = [
  { at: 0, action: 'oauth.authorize', attributes: { ...grant, 'oauth.client.id': evil } },
  {
    ...{ at: 1, action: 'oauth.token' },
    attributes: { ...grant, 'oauth.token.hash': 't1.a', 'oauth.grant.type': 'authorization_code' },
  },
  {
    ...{ at: 2, action: 'oauth.token', outcome: 'failure' },
    attributes: {
      ...grant,
      'oauth.error.reason': 'code_replayed',
      'oauth.revocation.reason': 'policy',
    },
  },
  { at: 3, action: 'oauth.userinfo', service: 'api', attributes: { 'oauth.token.hash': 't1.a' } },
  { at: 4, action: 'oauth.token', attributes: { ...grant, 'oauth.token.hash': 't1.b' } },
]

/** The same without the evil name. */
const plain = story.map((one) => ({
  ...one,
  attributes: { ...one.attributes, 'oauth.client.id': 'web' },
}))

test('the text is a tree in order of time, with what should not be marked', async () => {
  const lines = textOf(await lineage(plain), undefined)
  expect(lines.map(({ text }) => text)).toEqual([
    '5 records of login, api · 2026-11-23 UTC · 3 flagged',
    'client web · user none',
    '20:50:00.000  authorize  login #1',
    '20:50:01.000  ├ issued: authorization_code → revoked 20:50:02  login #2',
    '20:50:02.000  │ ├ !! code-replay token failure code_replayed → revoked (policy)  login #3',
    '20:50:03.000  │ └ !! use-after-revocation userinfo  api #4',
    '20:50:04.000  └ !! use-after-revocation token → revoked 20:50:02  login #5',
  ])
  const flagged = [false, false, false, false, true, true, true]
  expect(lines.map((line) => line.flagged)).toEqual(flagged)
})

test.each([80, 120])('in %d columns where and the index stand at the right', async (columns) => {
  const lines = textOf(await lineage(plain), columns).slice(2)
  for (const { text } of lines) {
    expect(text).toHaveLength(columns)
    expect(text).toMatch(/ {2}(login|api) #[1-5]$/)
  }
})

test('what does not fit gives way: first the extras, then the end of the line', async () => {
  const two = plain.with(3, { ...plain[3]!, attributes: { ...grant, 'oauth.client.id': 'web' } })
  const scope = { 'oauth.scope.granted': 'openid orders' }
  const scoped: Telling[] = (two as Telling[]).with(1, {
    ...two[1]!,
    attributes: { ...story[1]!.attributes, 'oauth.client.id': 'other', ...scope },
  })
  const found = await lineage(scoped)
  const second = (columns: number): string => textOf(found, columns)[3]!.text
  expect(second(120)).toMatch(
    / → revoked 20:50:02 {2}client other {2}scope openid orders {3,}login #2$/,
  )
  expect(second(80)).toMatch(/ → revoked 20:50:02 {3,}login #2$/)
  expect(second(60)).toMatch(/^20:50:01.000 {2}├ issued: authorization_code → revo… {2}login #2$/)
})

test('records of several days have their day each', async () => {
  const later = plain.with(4, { ...plain[4]!, at: 90_000 })
  const lines = textOf(await lineage(later), undefined).map(({ text }) => text)
  expect(lines[0]).toContain('times in UTC')
  expect(lines[2]).toMatch(/^11-23 20:50:00 {2}authorize/)
  expect(lines.at(-1)).toMatch(/^11-24 21:50:00 /)
})

test('lines are cut to the terminal, and have no control characters', async () => {
  const found = await lineage(story)
  for (const columns of [1, 10, 30, 60, 80]) {
    for (const { text } of textOf(found, columns)) {
      expect([...text].length).toBeLessThanOrEqual(columns)
    }
  }
  const whole = textOf(found, undefined).map(({ text }) => text)
  expect(whole.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(whole[1]).toContain('x"]; n9["y\ufffd[31m')
})

test('the flowchart has our nodes and edges alone, whatever a record says', async () => {
  const lines = mermaidOf(await lineage(story))
    .trimEnd()
    .split('\n')
  expect(lines[0]).toBe('flowchart TD')
  const nodes = lines.filter((line) => line.includes('["'))
  expect(nodes).toHaveLength(5)
  for (const node of nodes) expect(node).toMatch(/^ {2}n[1-5]\["[^"[\]`\n]*"\]$/)
  expect(lines.filter((line) => line.includes('>|'))).toEqual([
    '  n1 -->|issued| n2',
    '  n2 ==>|replayed| n3',
    '  n2 -->|used| n4',
    '  n1 -->|issued| n5',
    '  n3 ==>|revoked| n2',
  ])
  expect(lines.at(-1)).toBe('  class n3,n4,n5 flagged')
})

test('labels keep letters, digits and a few signs; all else is a character reference', () => {
  expect(escapeLabel('é 1 a.b:c')).toBe('é 1 a.b:c')
  expect(escapeLabel('"<#&`%[](){}|\\/_*~')).toMatch(/^(#[0-9]+;)+$/)
  expect(escapeLabel('"')).toBe('#34;')
  expect(escapeLabel('a\nb\ud800')).toBe('a\ufffdb\ufffd'.replaceAll('\ufffd', '#65533;'))
})

test('a chain as long as a lineage may be is drawn', async () => {
  const chain = Array.from({ length: 1_500 }, (_, at): Telling => ({
    ...{ at, action: 'oauth.token' },
    attributes: {
      ...grant,
      'oauth.refresh.presented_hash': `t1.r${at}`,
      'oauth.refresh.token_hash': `t1.r${at + 1}`,
    },
  }))
  const lines = textOf(await lineage(chain), 120)
  expect(lines).toHaveLength(1_502)
  expect(lines.at(-1)?.text).toContain('refreshed: token')
})
