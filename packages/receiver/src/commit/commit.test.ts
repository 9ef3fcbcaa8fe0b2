import { expect, test } from '@jest/globals'
import type { BatchStatement } from '@grantlog/record'
import type { VerifiedBatch, VerifiedRecord } from '../flow.ts'
import { atOnce } from '../turns.ts'
import { type CommitLedger, commitVerified } from './commit.ts'

type Places = Awaited<ReturnType<CommitLedger['commit']>>

const records = [3, 4, 5].map((seq) => ({ seq }) as unknown as VerifiedRecord)
const batch = {
  kid: 'kid',
  jws: 'jws',
  digests: new Uint8Array(),
  statement: { instance: 'instance', root: 'AAAA' } as BatchStatement,
  records,
} satisfies VerifiedBatch
const places = (index: number, outcome: Places[number]['outcome']): Places =>
  records.map((_, at) => ({ outcome, index: index + at, receivedAt: 1 }))

/** A ledger whose write ends when it is told to. */
function slowLedger() {
  const { promise, resolve, reject } = Promise.withResolvers<Places>()
  let place: (placed: Places) => void = () => undefined
  const signed: string[] = []
  const ledger: CommitLedger = {
    commit: ({ onPlaced }) => {
      place = onPlaced!
      return promise
    },
    signReceipt: ({ firstIndex, lastIndex }) => {
      signed.push(`${firstIndex}-${lastIndex}`)
      return `receipt ${firstIndex}-${lastIndex}`
    },
  }
  const options = { ledger, maxReceipts: 24, pace: atOnce }
  const answer = commitVerified({ batches: [batch], release: () => undefined }, options)
  return { answer, signed, resolve, reject, place: (placed: Places) => place(placed) }
}

test('a receipt is signed while the disk works, once, and given when it has', async () => {
  const { answer, place, resolve, signed } = slowLedger()
  let isGiven = false
  void answer.then(() => (isGiven = true))
  const placed = places(10, 'committed')
  place(placed)
  await new Promise(setImmediate)
  expect([signed, isGiven]).toEqual([['10-12'], false])
  resolve(placed)
  const { committed } = await answer
  expect(committed).toMatchObject({ receipts: ['receipt 10-12'], committed: 3, duplicates: 0 })
  expect(signed).toHaveLength(1)
})

test('a receipt for places that did not become durable is given to nobody', async () => {
  const failed = slowLedger()
  failed.place(places(10, 'committed'))
  failed.reject(new Error('full'))
  await expect(failed.answer).rejects.toThrow('full')

  const again = slowLedger()
  again.place(places(10, 'committed'))
  const placed = places(11, 'committed')
  again.place(placed)
  again.resolve(placed)
  expect((await again.answer).committed.receipts).toEqual(['receipt 11-13'])

  const other = slowLedger()
  other.place(places(10, 'committed'))
  other.resolve(places(20, 'duplicate'))
  const { committed } = await other.answer
  expect(committed).toMatchObject({ receipts: ['receipt 20-22'], committed: 0, duplicates: 3 })
})
