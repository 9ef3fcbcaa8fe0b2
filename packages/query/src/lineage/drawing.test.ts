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

test('the text is a tree in order of time, with what should not be marked', async () => {
  const plain = story.map((one) => ({
    ...one,
    attributes: { ...one.attributes, 'oauth.client.id': 'web' },
  }))
  const lines = textOf(await lineage(plain), undefined)
  expect(lines.map(({ text }) => text)).toEqual([
    '5 records · services login, api · client web · user none · 3 flagged',
    '2026-11-23T20:50:00.000  oauth.authorize success  [login] #1 web',
    '2026-11-23T20:50:01.000  ├ issued: oauth.token authorization_code success  [login] #2 web',
    '2026-11-23T20:50:02.000  │ ├ !! code-replay replayed: oauth.token failure code_replayed ' +
      '→ revoked (policy)  [login] #3 web',
    '2026-11-23T20:50:03.000  │ └ !! use-after-revocation used: oauth.userinfo success  ' +
      '[api] #4 web',
    '2026-11-23T20:50:04.000  └ !! use-after-revocation issued: oauth.token success  ' +
      '[login] #5 web',
  ])
  expect(lines.map(({ flagged }) => flagged)).toEqual([false, false, false, true, true, true])
})

test('lines are cut to the terminal, and have no control characters', async () => {
  const found = await lineage(story)
  for (const { text } of textOf(found, 60)) expect([...text].length).toBeLessThanOrEqual(60)
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
  expect(lines).toHaveLength(1_501)
  expect(lines.at(-1)?.text).toContain('refreshed: oauth.token')
})
