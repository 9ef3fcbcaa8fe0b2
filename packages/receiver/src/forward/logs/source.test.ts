// Guarantee: no commit with log records is passed over, those without are not read, and the offset
// does not stay behind for ever where there are none.
import { expect, test } from '@jest/globals'
import { LOG_COMMITS_SKIPPED } from '../../limits.ts'
import { logCommits } from './log-commits.ts'
import { type LogFrame, logSource } from './source.ts'

interface Ledger {
  readonly frames: LogFrame[]
  /** Numbers of the frames that were read. */
  readonly read: number[]
}

const frameOf = (number: number, logs: number): LogFrame => ({
  number,
  first: number * 100,
  leaves: Math.max(1, logs),
  logs: Array.from({ length: logs }, (_, n) => ({
    index: number * 100 + n,
    entry: new Uint8Array(),
    leaf: { receivedAt: 0, signature: 'none' as const },
    canonical: Buffer.from(String(number)),
    openings: () => [],
  })),
})

function start(before: readonly number[]) {
  const ledger: Ledger = { frames: before.map((logs, number) => frameOf(number, logs)), read: [] }
  const commits = logCommits(before.length)
  async function* read(from: number): AsyncGenerator<LogFrame> {
    for (const frame of ledger.frames.slice(from)) {
      ledger.read.push(frame.number)
      yield frame
    }
  }
  const source = logSource(
    { commits, read },
    {
      projection: { origin: 'example.com/log', personalData: 'pseudonymised' },
      maxLogs: 4,
      maxLeaves: 8,
      isWanted: ({ canonical }) => Buffer.from(canonical).toString() !== '999',
    },
  )
  const commit = (logs: number): void => {
    const number = ledger.frames.push(frameOf(ledger.frames.length, logs)) - 1
    commits.prepare({ number, logs })()
  }
  const take = async (from: number): Promise<[number[], number]> => {
    const { next, units } = await source.take(from)
    return [units.map(({ index }) => index), next]
  }
  return { commit, ledger, source, take }
}

test('what was there before is looked at, of what comes only what has some', async () => {
  const { commit, ledger, take } = start([0, 2, 0])
  for (const logs of [0, 1, 0, 0, 3, 0]) commit(logs)
  expect(await take(0)).toEqual([[100, 101], 3])
  expect(await take(3)).toEqual([[400], 5])
  expect(await take(5)).toEqual([[700, 701, 702], 8])
  expect(await take(8)).toEqual([[], 8])
  expect(ledger.read).toEqual([0, 1, 2, 4, 7])
})

test('neighbours go together as far as a load may go; one that is larger goes alone', async () => {
  const { commit, take } = start([])
  for (const logs of [2, 2, 2, 7, 1]) commit(logs)
  expect(await take(0)).toEqual([[0, 1, 100, 101], 2])
  expect(await take(2)).toEqual([[200, 201], 3])
  expect((await take(3))[1]).toBe(4)
  expect(await take(4)).toEqual([[400], 5])
})

test('of a long log with little that is wanted, a load is a while of work', async () => {
  const { take } = start(Array.from({ length: 30 }, () => 0))
  const [units, next] = await take(0)
  expect(units).toEqual([])
  expect(next).toBeGreaterThan(0)
  expect(next).toBeLessThan(30)
})

test('where none come the offset moves now and then, and not at each commit', async () => {
  const { commit, source, take } = start([])
  for (let n = 0; n < LOG_COMMITS_SKIPPED - 1; n++) commit(0)
  expect(await take(0)).toEqual([[], 0])
  const waited = source.waitFor(0, new AbortController().signal)
  commit(0)
  await waited
  expect(await take(0)).toEqual([[], LOG_COMMITS_SKIPPED])
})
