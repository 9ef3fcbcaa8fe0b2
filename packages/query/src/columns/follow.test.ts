// An index follows its ledger, and notices when the ledger is not the one that it has indexed.
import { expect, test } from '@jest/globals'
import type { Frame } from '@grantlog/ledger'
import { plainFrameOf } from '@grantlog/ledger/testing'
import { framesOf, spanOf } from '../../test/producer.ts'
import { catchUp, type IndexedLedger } from './follow.ts'
import { RecordIndex } from './record-index.ts'
import { memoryStore } from './store.ts'

const spans = Array.from({ length: 6 }, (_, n) =>
  spanOf({ at: n, action: 'oauth.token', attributes: { 'oauth.client.id': `c${n}` } }, n),
)
/** The enrolment, then each record in a commit of its own. */
const [enrolment, together] = framesOf(spans, 'configured') as [Frame, Frame]
const frames = [
  enrolment,
  ...together.entries.map((entry, n) => ({ ...together, number: n + 1, entries: [entry] })),
]

function ledgerOf(all: readonly Frame[], first = 0): IndexedLedger {
  return {
    journal: { first, next: first + all.length },
    // eslint-disable-next-line require-yield
    async *plainFrames(from) {
      yield* all.filter(({ number }) => number >= from).map(plainFrameOf)
    },
    frame: (number) => Promise.resolve(all.find((one) => one.number === number)!),
  }
}

test('what was committed since is taken in, once', async () => {
  const index = new RecordIndex(memoryStore())
  const seen: number[] = []
  expect(await catchUp(ledgerOf(frames.slice(0, 3)), index, (frame) => seen.push(frame))).toBe(3)
  expect(index.rows).toBe(2)
  await catchUp(ledgerOf(frames), index, (frame) => seen.push(frame))
  await catchUp(ledgerOf(frames), index)
  expect(index.rows).toBe(6)
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect([...index.dictionary('oauth.client.id').after(1)]).toEqual(spans.map((_, n) => `c${n}`))
  const [entry] = enrolment.entries
  const kid = entry!.leaf.type === 'key' ? entry!.leaf.id : ''
  expect(index.keyBefore(kid, 3)).toEqual({ kid, index: 0, frame: 0 })
  expect(index.keyBefore(kid, 0)).toBeNull()
})

test('a log that was pruned is indexed from what it has', async () => {
  const index = new RecordIndex(memoryStore())
  await catchUp(ledgerOf(frames.slice(3), 3), index)
  expect(index.rows).toBe(4)
})

test('whether the index is of it is asked once of a log that stays open', async () => {
  const index = new RecordIndex(memoryStore())
  await catchUp(ledgerOf(frames.slice(0, 2)), index)
  let [there, asked] = [3, 0]
  const open: IndexedLedger = {
    get journal() {
      return { first: 0, next: there }
    },
    plainFrames: (from) => ledgerOf(frames.slice(0, there)).plainFrames(from),
    frame: (number) => {
      asked++
      return ledgerOf(frames).frame(number)
    },
  }
  for (; there <= frames.length; there++) await catchUp(open, index)
  expect([index.rows, asked]).toEqual([6, 1])
})

test('a log that became shorter, or another one, is indexed anew', async () => {
  const index = new RecordIndex(memoryStore())
  await catchUp(ledgerOf(frames), index)
  await catchUp(ledgerOf(frames.slice(0, 4)), index)
  expect(index.rows).toBe(3)
  const others = framesOf(
    spans.map((_, n) => spanOf({ at: n, action: 'oauth.login' }, n + 50)),
    'configured',
  )
  const other = others[1]!.entries.map((entry, n) => ({
    ...others[1]!,
    number: n + 1,
    entries: [entry],
  }))
  await catchUp(ledgerOf([others[0]!, ...other]), index)
  expect(index.rows).toBe(6)
  expect([...index.dictionary('audit.action').after(1)]).toEqual(['oauth.login'])
})
