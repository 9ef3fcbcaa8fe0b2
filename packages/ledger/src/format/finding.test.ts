import { describe, expect, test } from '@jest/globals'
import { decodeFinding, encodeFinding, type FindingContent } from './finding.ts'

const id = '01982f3e-7a4c-8cc1-9d4e-000000000001'
const rule = 'aaaaaaaa-7a4c-4cc1-9d4e-000000000002'
const record = { id: '01982f3e-7a4c-7cc1-9d4e-000000000003', index: 7 }
const found: FindingContent = {
  kind: 'found',
  at: 1_795_467_000_000,
  count: 2,
  group: [['session.id', 'p1.9sQmY2r0T6aXb1LkVd3fHw']],
  id,
  madeAt: 1_795_467_000_300,
  records: [{ ...record, index: null }, record],
  rule: { attack: ['T1550.001'], hash: 'A'.repeat(43), id: rule, level: 'high', title: 'Reuse' },
  words: 'A refresh token was used twice.',
}
const again: FindingContent = {
  ...{ kind: 'again', at: 1_795_467_000_900, count: 4, finding: id, madeAt: 1_795_467_001_000 },
  ...{ records: [record], times: 2 },
}
const status: FindingContent = {
  ...{ kind: 'status', finding: id, madeAt: 1_795_467_002_000, note: 'Looked at.\nFine.' },
  ...{ person: 'an operator', status: 'false_positive' },
}
const silence: FindingContent = {
  ...{ kind: 'silence', group: [], madeAt: 1_795_467_002_000, note: '', person: 'an operator' },
  ...{ rule, silence: id, until: 1_795_470_602_000 },
}

test.each([found, again, status, silence])('$kind reads back as it was written', (content) => {
  expect(decodeFinding(encodeFinding(content))).toEqual(content)
})

describe('a content that is not of the format is refused', () => {
  const of = (content: FindingContent, more: object): object => ({ ...content, ...more })
  test.each<[string, object]>([
    ['another kind', of(found, { kind: 'toString' })],
    ['a member more', of(status, { subject: 'alice' })],
    ['a member less', { kind: 'status', finding: id, madeAt: 1 }],
    ['an id that is none', of(found, { id: 'x' })],
    ['a fraction', of(found, { at: 1.5 })],
    ['33 records', of(found, { records: Array.from({ length: 33 }, () => record) })],
    ['17 names in a group', of(found, { group: Array.from({ length: 17 }, () => ['a', 'b']) })],
    ['a name without a value', of(found, { group: [['a']] })],
    ['words of two lines', of(found, { words: 'a\nb' })],
    ['another level', of(found, { rule: { ...found.rule, level: 'bad' } })],
    ['an ATT&CK id that is none', of(found, { rule: { ...found.rule, attack: ['T1'] } })],
    ['a short hash', of(found, { rule: { ...found.rule, hash: 'AAAA' } })],
    ['another status', of(status, { status: 'gone' })],
    ['nobody', of(status, { person: '' })],
    ['a note of 2,001 characters', of(status, { note: 'a'.repeat(2_001) })],
    ['a control character in a note', of(status, { note: 'a\u001b[2J' })],
    ['a silence of everything', of(silence, { rule: '' })],
    ['more than 16 KiB', of(found, { group: [['a', 'b'.repeat(16_384)]] })],
  ])('%s', (_what, content) => {
    expect(() => encodeFinding(content as FindingContent)).toThrow(
      expect.objectContaining({ code: 'LEDGER_FORMAT' }),
    )
  })

  test('white space', () => {
    const bytes = new TextEncoder().encode(`${new TextDecoder().decode(encodeFinding(found))} `)
    expect(() => decodeFinding(bytes)).toThrow(expect.objectContaining({ code: 'LEDGER_FORMAT' }))
  })
})

test('as much as may be is not refused', () => {
  const pair = (n: number): [string, string] => [`a.${n}`, 'b'.repeat(256)]
  const most: FindingContent = {
    ...found,
    group: Array.from({ length: 16 }, (_, n) => pair(n)),
    records: Array.from({ length: 32 }, () => record),
    words: 'w'.repeat(1_000),
  }
  expect(decodeFinding(encodeFinding(most))).toEqual(most)
  const note = { ...status, note: 'é'.repeat(2_000), person: 'p'.repeat(128) } as FindingContent
  expect(decodeFinding(encodeFinding(note))).toEqual(note)
})
