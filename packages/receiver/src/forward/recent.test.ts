import { expect, test } from '@jest/globals'
import type { ShownRecord } from '@grantlog/ledger'
import { recentCommits } from './recent.ts'

const projection = {
  origin: 'recent.example/log',
  personalData: 'pseudonymised',
  verdictOf: () => 'verified',
} as const

test('commits without records take room, too: heartbeats alone do not fill the memory', () => {
  const recent = recentCommits(projection, { bytesMax: 10_000, spansMax: 10 })
  for (let number = 0; number < 1000; number++) recent.prepare({ number, records: [], logs: 0 })()
  expect(recent.get(999)).toEqual({ number: 999, requests: [], spans: 0 })
  expect(recent.get(900)).toBe(undefined)
})

test('a commit that did not come whole is not there, and those after it are', () => {
  const recent = recentCommits(projection, { bytesMax: 10_000, spansMax: 10 })
  recent.prepare({ number: 4, records: null, logs: 0 })()
  recent.prepare({ number: 5, records: [], logs: 0 })()
  expect([4, 5, 6].map((number) => recent.get(number)?.number)).toEqual([undefined, 5, undefined])
})

test('the memory of a request goes back once its commit is driven out and no sink holds it', () => {
  const recent = recentCommits(projection, { bytesMax: 50_000, spansMax: 10 })
  const take = (number: number) => {
    recent.prepare({ number, records: [recordOf(20_000)], logs: 0 })()
    return recent.get(number)!.requests[0]!
  }
  const [held, free] = [take(0), take(1)]
  const [kept, gone] = [held.hold(), free.hold()]
  const before = Buffer.from(kept)
  free.letGo()
  expect(gone.length).toBeGreaterThan(20_000)
  for (const number of [2, 3]) take(number)
  expect([0, 1].map((number) => recent.get(number))).toEqual([undefined, undefined])
  expect(gone.length).toBe(0)
  expect(before.equals(kept)).toBe(true)
  held.letGo()
  expect(kept.length).toBe(0)
})

/** As it comes from a commit, with a span of so many bytes. */
function recordOf(bytes: number): ShownRecord {
  const producer = { service: 'login', environment: '', version: '1.0.0' }
  const shown = { producer, span: new Uint8Array(bytes) }
  return { index: 0, kid: 'A'.repeat(43), hash: new Uint8Array(32), shown }
}
