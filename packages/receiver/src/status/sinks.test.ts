import { expect, test } from '@jest/globals'
import type { SinkChange } from '@grantlog/ledger'
import { SINK_NOTED_MS } from '../limits.ts'
import type { Note } from './note.ts'
import { watchSinks, type WatchedSink } from './sinks.ts'

const failingMs = 600_000
const well: WatchedSink = {
  ...{ name: 'siem', forwarded: 1, retries: 0, stopped: false },
  lag: { commits: 0 },
}
const fails: WatchedSink = { ...well, retries: 3, lag: { commits: 7 } }

function memory(): Note {
  let text: string | undefined
  return {
    read: () => Promise.resolve(text),
    write: (written) => Promise.resolve(void (text = written)),
  }
}

/** Looks at each of these after so many ms; gives what was sealed. */
async function sealed(
  looks: readonly (readonly [afterMs: number, sinks: readonly WatchedSink[]])[],
  { note = memory(), start = 1_000_000 } = {},
): Promise<Omit<SinkChange, 'at'>[]> {
  const changes: Omit<SinkChange, 'at'>[] = []
  let [nowMs, sinks] = [start, [] as readonly WatchedSink[]]
  const commit = ({ at, ...change }: SinkChange) => {
    expect(at).toBe(nowMs)
    return Promise.resolve(changes.push(change))
  }
  const watch = await watchSinks({ sinks: () => sinks, commit, note, failingMs, now: () => nowMs })
  for (const [afterMs, seen] of looks) {
    nowMs += afterMs
    sinks = seen
    await watch.look()
  }
  await watch.close()
  return changes
}

test('a sink that is well has no leaf, and one that flickers neither', async () => {
  const flickers = [0, failingMs - 1].map((ms) => [ms, [fails]] as const)
  expect(await sealed([[0, [well]], ...flickers, [0, [well]], ...flickers])).toEqual([])
})

test('one that takes nothing for so long fails, and takes again, once each', async () => {
  const looks = [0, failingMs, 1, failingMs].map((ms) => [ms, [fails]] as const)
  const again = [0, 1].map((ms) => [ms, [well]] as const)
  expect(await sealed([...looks, ...again])).toEqual([
    { name: 'siem', state: 'failing', commits: 7 },
    { name: 'siem', state: 'forwarding', commits: 0 },
  ])
})

test('one that stopped is told at once, and one that is configured no more', async () => {
  const stopped = { ...well, stopped: true, lag: { commits: 2 } }
  expect(
    await sealed([
      [0, [stopped]],
      [0, [stopped]],
      [0, []],
      [0, []],
    ]),
  ).toEqual([
    { name: 'siem', state: 'stopped', commits: 2 },
    { name: 'siem', state: 'removed', commits: 0 },
  ])
})

test('a restart knows what was said, since when it fails, and what was configured', async () => {
  const note = memory()
  const restarted = { ...well, forwarded: 0, lag: { commits: 7 } }
  const first = [0, SINK_NOTED_MS].map((ms) => [ms, [fails]] as const)
  expect(await sealed(first, { note })).toEqual([])
  // It has not tried yet: that is no proof that it is well.
  const second = [[0, [restarted]] as const, [0, [fails]] as const]
  const [from, later] = [1_000_000 + failingMs, { note, start: 1_000_000 + failingMs }]
  expect(await sealed(second, later)).toMatchObject([{ state: 'failing' }])
  expect(await sealed([[0, [restarted]]], { note, start: from })).toEqual([])
  expect(await sealed([[0, []]], { note, start: from })).toMatchObject([{ state: 'removed' }])
  expect(await sealed([[0, []]], { note, start: from })).toEqual([])
})

test('what could not be committed, or noted, comes again', async () => {
  const changes: SinkChange[] = []
  let isBroken = true
  const watch = await watchSinks({
    sinks: () => [{ ...well, stopped: true }],
    commit: async (change) => {
      if (isBroken) throw new Error('no space')
      return Promise.resolve(changes.push(change))
    },
    ...{ note: memory(), failingMs, now: () => 5 },
  })
  await watch.look()
  expect(changes).toEqual([])
  isBroken = false
  await watch.look()
  await watch.look()
  expect(changes).toHaveLength(1)
})
