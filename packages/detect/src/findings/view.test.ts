import { describe, expect, test } from '@jest/globals'
import type { FindingChange, FindingContent, FindingSilence, Found } from '@grantlog/ledger'
import { detectionOf, ruleOf } from '../../test/detections.ts'
import { createGrouper } from './group.ts'
import { listFindings } from './list.ts'
import { createFindingsView } from './view.ts'

const grouper = createGrouper()
const leaves = [1, 2, 3, 4]
  .flatMap((n) => grouper.take(detectionOf(n), 0))
  .map(({ content }) => content)
const found = leaves[0] as Found
const status = (to: FindingChange['status'], finding = found.id): FindingChange => ({
  ...{ kind: 'status', finding, madeAt: 9, note: 'Looked at.', person: 'an operator', status: to },
})
const silence = (more: Partial<FindingSilence>): FindingSilence => ({
  ...{ kind: 'silence', group: [], madeAt: 9, note: '', person: 'an operator' },
  ...{ rule: found.rule.id, silence: '01982f3e-7a4c-4cc1-9d4e-00000000000a', until: 100 },
  ...more,
})
const other = (n: number, rule = ruleOf(1)): Found =>
  createGrouper().take(detectionOf(n, { who: `p1.${n}`, rule }), 0)[0]!.content as Found

function viewOf(contents: readonly FindingContent[]): ReturnType<typeof createFindingsView> {
  const view = createFindingsView({ findingsMax: 3, silencesMax: 2, earlyMax: 2 })
  for (const [index, content] of contents.entries()) view.take(index, content)
  return view
}

describe('a finding', () => {
  test('is what its leaves say: how often, the last time, the last decision', () => {
    const view = viewOf([...leaves, status('acknowledged'), status('closed')])
    expect(view.get(found.id)).toMatchObject({
      ...{ index: 0, times: 4, at: 1, lastAt: 4, status: 'closed' },
      changes: [{ status: 'acknowledged' }, { status: 'closed', person: 'an operator' }],
    })
  })

  test('is the same in whatever order its leaves are read', () => {
    const all = [...leaves, status('acknowledged')].map((content, index) => ({ content, index }))
    const view = createFindingsView()
    for (const { content, index } of all.toReversed()) view.take(index, content)
    expect(view.get(found.id)).toEqual(viewOf(all.map(({ content }) => content)).get(found.id))
  })

  test('read twice is not doubled', () => {
    const view = viewOf([...leaves, status('closed')])
    for (const [index, content] of [...leaves, status('closed')].entries())
      view.take(index, content)
    expect(view.get(found.id)).toMatchObject({ times: 4, changes: [{ status: 'closed' }] })
    expect(view.size).toBe(1)
  })
})

test('of too many, the oldest that is decided goes first, then the oldest', () => {
  const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((n) => other(n))
  const view = viewOf([a!, b!, status('closed', b!.id), c!, d!, e!])
  expect(Array.from(view.findings, ({ id }) => id)).toEqual([c!.id, d!.id, e!.id])
  expect(view.evicted).toBe(2)
})

test('a list is of a status, a level, a rule; the silenced are left out', () => {
  const low = other(7, ruleOf(2, { level: 'low' }))
  const view = viewOf([found, low, status('closed'), silence({})])
  const ids = (filter: Parameters<typeof listFindings>[1], now = 200): string[] =>
    listFindings(view, filter, now).map(({ id }) => id)
  expect(ids({})).toEqual([low.id, found.id])
  expect(ids({ status: ['open'] })).toEqual([low.id])
  expect(ids({ level: 'medium' })).toEqual([found.id])
  expect(ids({ rule: low.rule.id })).toEqual([low.id])
  expect(ids({}, 99)).toEqual([low.id])
  expect(ids({ silenced: true }, 99)).toEqual([low.id, found.id])
})

test('a silence is about a rule, or a group, until its end; a later one replaces it', () => {
  const one = (more: Partial<FindingSilence>, now = 50): boolean => {
    const view = viewOf([found, silence(more)])
    return view.silenceOf(view.get(found.id)!, now) !== undefined
  }
  expect(one({})).toBe(true)
  expect(one({}, 100)).toBe(false)
  expect(one({ rule: ruleOf(2).id })).toBe(false)
  expect(one({ rule: '', group: found.group })).toBe(true)
  expect(one({ group: [['session.id', 'p1.other']] })).toBe(false)
  const ended = viewOf([found, silence({}), silence({ madeAt: 10, until: 10 })])
  expect(ended.silenceOf(ended.get(found.id)!, 50)).toBeUndefined()
  // Also one that was made by a clock that was ahead.
  const ahead = viewOf([found, silence({ madeAt: 9_000 }), silence({ madeAt: 10, until: 10 })])
  expect(ahead.silenceOf(ahead.get(found.id)!, 50)).toBeUndefined()
})

test('a snapshot has all of it', () => {
  const view = viewOf([status('closed', other(8).id), found, silence({}), status('acknowledged')])
  const again = createFindingsView()
  again.restore(JSON.parse(JSON.stringify(view.snapshot())) as string)
  expect([...again.findings]).toEqual([...view.findings])
  expect([...again.silences]).toEqual([...view.silences])
  // What came before its finding is remembered, too.
  expect(again.take(9, other(8))).toMatchObject({ status: 'closed' })
})
