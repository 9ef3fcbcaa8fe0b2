import { expect, test } from '@jest/globals'
import { MAX_LOG_COMMITS_NOTED } from '../../limits.ts'
import { logCommits } from './log-commits.ts'

const tell = (commits: ReturnType<typeof logCommits>, number: number, logs = 0): void =>
  commits.prepare({ number, logs })()

test('commits of before may have log records, later ones only where that was said', () => {
  const commits = logCommits(3)
  expect([commits.from(0), commits.from(2), commits.from(3)]).toEqual([0, 2, undefined])
  expect(commits.end).toBe(3)
  for (const [number, logs] of [
    [3, 0],
    [4, 2],
    [5, 0],
    [6, 1],
    [7, 0],
  ] as const)
    tell(commits, number, logs)
  expect([3, 4, 5, 6, 7].map((number) => commits.from(number))).toEqual([4, 4, 6, 6, undefined])
  expect({ next: commits.next, end: commits.end }).toEqual({ next: 8, end: 7 })
})

test('one that is written, but not durable, is not there yet', () => {
  const commits = logCommits(0)
  const durable = commits.prepare({ number: 0, logs: 1 })
  expect(commits.from(0)).toBeUndefined()
  durable()
  expect(commits.from(0)).toBe(0)
})

test('one that nobody told of may have some', () => {
  const commits = logCommits(0)
  tell(commits, 2)
  expect([commits.from(0), commits.from(1), commits.from(2)]).toEqual([0, 1, undefined])
})

test('of too many the older ones are looked at again, and none is passed over', () => {
  const commits = logCommits(0)
  for (let number = 0; number <= MAX_LOG_COMMITS_NOTED; number++) tell(commits, number, 1)
  tell(commits, MAX_LOG_COMMITS_NOTED + 1)
  for (const number of [0, 1, 40_000, MAX_LOG_COMMITS_NOTED]) {
    expect(commits.from(number)).toBe(number)
  }
  expect(commits.from(MAX_LOG_COMMITS_NOTED + 1)).toBeUndefined()
  // Of those it forgot each may have some.
  const gone = logCommits(0)
  for (let number = 0; number <= 2 * MAX_LOG_COMMITS_NOTED; number++) tell(gone, number, number % 2)
  tell(gone, 2 * MAX_LOG_COMMITS_NOTED + 1, 1)
  expect(gone.from(2)).toBe(2)
})

test('who waits is woken by the commit that matters, or the end', async () => {
  const commits = logCommits(0)
  const stop = new AbortController()
  const woken: string[] = []
  const first = commits
    .until(() => commits.from(0) !== undefined, stop.signal)
    .then(() => woken.push('first'))
  const never = commits.until(() => false, stop.signal).then(() => woken.push('never'))
  tell(commits, 0)
  tell(commits, 1, 1)
  await first
  expect(woken).toEqual(['first'])
  stop.abort()
  await never
})
