// Counting many streams lets the event loop turn, and counts each of them once.
import { expect, test } from '@jest/globals'
import { Streams } from '@grantlog/ledger'
import { STREAMS_PER_TURN } from '../limits.ts'
import { type AccountedLedger, createStreamAccounts } from './streams.ts'

const count = 2 * STREAMS_PER_TURN + 1

function manyStreams(): ReturnType<typeof createStreamAccounts> {
  const streams = new Streams()
  for (let i = 0; i < count; i++) {
    const stream = { kid: 'k', instance: `i${i}`, type: 'record', receivedAt: 1 } as const
    streams.add({ ...stream, seq: i % 2 }, i)
  }
  const ledger = { streams, published: count, size: count } as unknown as AccountedLedger
  return createStreamAccounts({
    ledger,
    queueFolder: '/none',
    sinks: () => [],
    quarantined: () => new Map(),
  })
}

test('the sums are of all streams, and others get their turn meanwhile', async () => {
  const accounts = manyStreams()
  let turns = 0
  let isDone = false
  const turn = (): void => {
    turns++
    if (!isDone) setImmediate(turn)
  }
  setImmediate(turn)
  const [{ worst, ...sums }, same] = await Promise.all([accounts.summary(), accounts.summary()])
  isDone = true
  expect(turns).toBeGreaterThanOrEqual(2)
  expect(sums).toMatchObject({ streams: count, received: count, missing: STREAMS_PER_TURN })
  expect(worst.every(({ missing }) => missing === 1)).toBe(true)
  expect(same).toMatchObject(sums)
})

test('pages together are all streams, each once', async () => {
  const accounts = manyStreams()
  const instances: string[] = []
  for (let from: number | null = 0; from !== null;) {
    const page = await accounts.page(from, STREAMS_PER_TURN + 50)
    instances.push(...page.streams.map(({ instance }) => instance))
    from = page.next
  }
  expect(instances).toEqual(Array.from({ length: count }, (_, i) => `i${i}`))
})
