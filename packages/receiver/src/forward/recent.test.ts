import { expect, test } from '@jest/globals'
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
