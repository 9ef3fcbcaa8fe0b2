import { expect, test } from '@jest/globals'
import { createWaits, type Stage } from './waits.ts'

const range = (firstSequence: number, count: number) => ({ firstSequence, count })

/** What became of a wait by now: `waits`, `done` or the code of its error. */
async function outcomeOf(wait: Promise<void>): Promise<string> {
  const done = wait.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )
  return Promise.race([done, Promise.resolve().then(() => Promise.resolve('waits'))])
}

test('a receipt is enough for both, the disk for one', async () => {
  const waits = createWaits()
  const all = ([4, 5] as const).flatMap((sequence) =>
    (['spooled', 'receipted'] as Stage[]).map((stage) => waits.until(sequence, stage)),
  )
  expect(waits.areFor('spooled')).toBe(true)
  waits.reached(range(3, 2), 'spooled')
  expect(await Promise.all(all.map(outcomeOf))).toEqual(['done', 'waits', 'waits', 'waits'])
  waits.reached(range(4, 2), 'receipted')
  expect(await Promise.all(all.map(outcomeOf))).toEqual(['done', 'done', 'done', 'done'])
  expect(waits.areFor('spooled') || waits.areFor('receipted')).toBe(false)
})

test('who asks late is told the same', async () => {
  const waits = createWaits()
  waits.reached(range(0, 2), 'spooled')
  waits.failed(range(2, 1), 'RECORD_LOST')
  expect(await outcomeOf(waits.until(1, 'spooled'))).toBe('done')
  expect(await outcomeOf(waits.until(2, 'receipted'))).toBe('RECORD_LOST')
  const late = waits.until(1, 'receipted')
  expect(await outcomeOf(late)).toBe('waits')
  waits.reached(range(0, 2), 'receipted')
  expect(await outcomeOf(late)).toBe('done')
})

test('of what was reached only the numbers are kept, not the batch that had them', async () => {
  const waits = createWaits()
  const batch = { ...range(0, 2), body: new Uint8Array(8) }
  waits.reached(batch, 'receipted')
  batch.firstSequence = 7
  expect(await outcomeOf(waits.until(1, 'receipted'))).toBe('done')
  expect(await outcomeOf(waits.until(7, 'receipted'))).toBe('waits')
})

test('a refusal ends the wait for a receipt alone, and the end of all ends all', async () => {
  const waits = createWaits()
  const [disk, receipt] = [waits.until(0, 'spooled'), waits.until(0, 'receipted')]
  waits.refused(range(0, 1), 'receipted', 'RECORD_REFUSED', 'HTTP 401')
  expect([await outcomeOf(disk), await outcomeOf(receipt)]).toEqual(['waits', 'RECORD_REFUSED'])
  waits.rejectAll('EXPORT_CLOSED')
  expect(await outcomeOf(disk)).toBe('EXPORT_CLOSED')
})
