import { expect, test } from '@jest/globals'
import { decodeFindingOf, encodeFinding } from '@grantlog/ledger'
import { detectionOf, ruleOf } from '../../test/detections.ts'
import { createGrouper, type Leaf } from './group.ts'

const limits = { windowMs: 1_000, openMax: 4, ruleFindingsMax: 3 }
const told = ({ content }: Leaf): unknown =>
  content.kind === 'again' ? content.times : content.kind

test('the same within a window is one finding, told at 1, 2, 4 and 8 times', () => {
  const grouper = createGrouper(limits)
  const leaves = Array.from({ length: 9 }, (_, n) => grouper.take(detectionOf(n), 7)).flat()
  expect(leaves.map(told)).toEqual(['found', 2, 4, 8])
  // What was not told is, when the window is over, and the next is another finding.
  const after = grouper.take(detectionOf(1_000), 7)
  expect(after.map(told)).toEqual([9, 'found'])
  expect(after[1]!.id).not.toBe(leaves[0]!.id)
})

test('a sender whose clock is off neither ends a window nor keeps one open', () => {
  const grouper = createGrouper(limits)
  const times = [0, 900_000, -900_000, 900_000, 5, -7_000, 0, 1]
  const leaves = times.flatMap((atMs, n) =>
    grouper.take(detectionOf(n, { atMs: 1_000_000 + atMs }), 7, 500 + n),
  )
  expect(leaves.map(told)).toEqual(['found', 2, 4, 8])
  // What the sender's clock says is told as it is.
  expect(leaves[1]!.content).toMatchObject({ at: 1_900_000 })
  expect(grouper.take(detectionOf(9), 7, 1_500).map(told)).toEqual(['found'])
})

test('a receiver whose clock was ahead, and is put back, goes on', () => {
  const grouper = createGrouper(limits)
  const at = (n: number, receivedMs: number): unknown[] =>
    grouper.take(detectionOf(n, { who: `p1.${n}` }), 7, receivedMs).map(told)
  for (let n = 0; n < 5; n++) at(n, 9_000_000)
  expect(at(6, 5_000)).toContain('found')
  expect(grouper.open).toBe(1)
})

test('its leaves are of the format, and their ids those of whoever looks again', () => {
  const take = (madeAt: number): Leaf[] => {
    const grouper = createGrouper(limits)
    return [detectionOf(1), detectionOf(2)].flatMap((one) => grouper.take(one, madeAt))
  }
  const [first, second] = [take(5), take(6)]
  for (const { content, id } of first) {
    expect(decodeFindingOf(id, encodeFinding(content))).toEqual(content)
  }
  expect(second.map(({ id }) => id)).toEqual(first.map(({ id }) => id))
  expect(first.map(({ id }) => id)).toEqual([
    '47ca453c-c47a-8a33-81ce-1eecaaa18601',
    'b5138823-46ca-8be2-821f-a64a5d209cd4',
  ])
})

test('another rule, and another group, are other findings', () => {
  const grouper = createGrouper(limits)
  const others = [{}, { rule: ruleOf(2) }, { who: 'p1.b' }]
  const leaves = others.flatMap((other) => grouper.take(detectionOf(1, other), 0))
  expect(new Set(leaves.map(({ id }) => id)).size).toBe(3)
})

test('a rule that finds something everywhere has one finding for all beyond its limit', () => {
  const grouper = createGrouper({ ...limits, openMax: 100 })
  const leaves = Array.from({ length: 50 }, (_, n) =>
    grouper.take(detectionOf(n, { who: `p1.${n}` }), 0),
  ).flat()
  const found = leaves.map(({ content }) => content).filter(({ kind }) => kind === 'found')
  expect(found).toHaveLength(limits.ruleFindingsMax + 1)
  expect(found.at(-1)).toMatchObject({ group: [], words: expect.stringContaining('counted here') })
  expect(told(leaves.at(-1)!)).toBe(32)
  expect(grouper.take(detectionOf(51, { rule: ruleOf(2) }), 0).map(told)).toEqual(['found'])
})

test('no more are open than may be: the oldest ends, and what was not told of it is', () => {
  const grouper = createGrouper({ ...limits, ruleFindingsMax: 99 })
  for (let n = 0; n < 3; n++) grouper.take(detectionOf(n), 0)
  const leaves = Array.from({ length: 4 }, (_, n) =>
    grouper.take(detectionOf(n + 9, { who: `p1.${n}` }), 0),
  )
  expect(leaves.map((some) => some.map(told))).toEqual([
    ['found'],
    ['found'],
    ['found'],
    [3, 'found'],
  ])
  expect(grouper.open).toBe(4)
})

test('what somebody closed is found anew', () => {
  const grouper = createGrouper(limits)
  const [first] = grouper.take(detectionOf(1), 0)
  grouper.close(first!.id)
  expect(grouper.take(detectionOf(2), 0).map(told)).toEqual(['found'])
})

test('a snapshot at any place changes nothing of what comes after', () => {
  const detections = Array.from({ length: 60 }, (_, n) =>
    detectionOf(n, { atMs: n * 90, who: `p1.${n % 5}`, rule: ruleOf(n % 2) }),
  )
  const whole = createGrouper(limits)
  const expected = detections.map((one) => whole.take(one, 3))
  for (let cut = 0; cut < detections.length; cut += 7) {
    const before = createGrouper(limits)
    for (const one of detections.slice(0, cut)) before.take(one, 3)
    const after = createGrouper(limits)
    after.restore(JSON.parse(JSON.stringify(before.snapshot())) as string)
    expect(detections.slice(cut).map((one) => after.take(one, 3))).toEqual(expected.slice(cut))
  }
})
