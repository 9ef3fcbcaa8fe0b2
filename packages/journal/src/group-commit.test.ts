import { expect, test } from '@jest/globals'
import { JournalError } from './errors.ts'
import { createGroupCommit } from './group-commit.ts'
import type { GroupCommit } from './group-commit.ts'

interface Bench {
  readonly commit: GroupCommit<string, string>
  readonly groups: string[][]
  /** Ends the write under way. */
  finish(error?: Error): Promise<void>
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function bench(maxItems = 100, maxBytes = 100, gatherBytes = 0): Bench {
  const groups: string[][] = []
  let settle: (error?: Error) => void = () => undefined
  const write = async (batch: string[]): Promise<string[]> => {
    groups.push(batch)
    await new Promise<void>((resolve, reject) => {
      settle = (error) => (error === undefined ? resolve() : reject(error))
    })
    return batch.map((item) => item.toUpperCase())
  }
  const sizeOf = (item: string): number => item.length
  const commit = createGroupCommit({ write, maxItems, maxBytes, sizeOf, gatherBytes })
  const finish = async (error?: Error): Promise<void> => {
    settle(error)
    await tick()
  }
  return { commit, groups, finish }
}

test('what comes during a write is the next group', async () => {
  const { commit, groups, finish } = bench()
  const first = [commit.submit('a'), commit.submit('b')]
  await tick()
  const second = [commit.submit('c'), commit.submit('d'), commit.submit('e')]
  expect([commit.waitingItems, commit.waitingBytes]).toEqual([3, 3])
  await finish()
  expect(await Promise.all(first)).toEqual(['A', 'B'])
  await finish()
  expect(await Promise.all(second)).toEqual(['C', 'D', 'E'])
  expect(groups).toEqual([
    ['a', 'b'],
    ['c', 'd', 'e'],
  ])
  expect([commit.waitingItems, commit.waitingBytes]).toEqual([0, 0])
})

test('a group has at most maxItems and maxBytes, and no item is alone too large', async () => {
  const { commit, groups, finish } = bench(3, 5)
  const submitted = ['a', 'b', 'c', 'd', 'eeee', 'fffff', 'g'].map((item) => commit.submit(item))
  await expect(commit.submit('hhhhhh')).rejects.toMatchObject({ code: 'JOURNAL_TOO_LARGE' })
  for (let n = 0; n < 6; n += 1) {
    await tick()
    await finish()
  }
  expect(groups).toEqual([['a', 'b', 'c'], ['d', 'eeee'], ['fffff'], ['g']])
  await Promise.all(submitted)
})

test('an error rejects its group only', async () => {
  const { commit, finish } = bench()
  const first = commit.submit('a')
  await tick()
  const second = commit.submit('b')
  const failed = expect(first).rejects.toMatchObject({ code: 'JOURNAL_FULL' })
  await finish(new JournalError('JOURNAL_FULL', 'full'))
  await failed
  await finish()
  expect(await second).toBe('B')
})

test('poison rejects all: the group, what waits, what comes', async () => {
  const { commit, groups, finish } = bench()
  const poison = new JournalError('JOURNAL_POISONED', 'gone')
  const both = [commit.submit('a')]
  await tick()
  both.push(commit.submit('b'))
  const settled = Promise.allSettled(both)
  await finish(poison)
  expect((await settled).map((one) => one.status === 'rejected' && one.reason)).toEqual([
    poison,
    poison,
  ])
  await expect(commit.submit('c')).rejects.toBe(poison)
  expect(groups).toEqual([['a']])
  expect([commit.waitingItems, commit.waitingBytes]).toEqual([0, 0])
  await commit.idle()
})

test('a write with the wrong number of results is an error', async () => {
  const options = { write: async () => [], maxItems: 9, maxBytes: 9, sizeOf: () => 1 }
  await expect(createGroupCommit(options).submit('a')).rejects.toThrow(TypeError)
})

test('idle waits for everything submitted', async () => {
  const { commit, finish } = bench()
  let isIdle = false
  const submitted = commit.submit('a')
  const idle = commit.idle().then(() => (isIdle = true))
  await tick()
  expect(isIdle).toBe(false)
  await finish()
  await Promise.all([idle, submitted])
  expect(isIdle).toBe(true)
})

/** Two have been written together, and the second write is under way. */
async function afterTwo(gatherBytes: number): Promise<Bench> {
  const { commit, ...rest } = bench(100, 100, gatherBytes)
  void commit.submit('a')
  void commit.submit('b')
  await tick()
  expect(rest.groups).toEqual([['a', 'b']])
  return { commit, ...rest }
}

test('who was there is waited for, while turns of the event loop bring others', async () => {
  const { commit, finish, groups } = await afterTwo(100)
  const more = [commit.submit('c')]
  // `a` comes again a turn after the write.
  setImmediate(() => setImmediate(() => more.push(commit.submit('d'))))
  await finish()
  // Two turns for `c`, two for `d`, and two in which `b` did not come.
  for (let turn = 0; turn < 6; turn += 1) await tick()
  expect(groups.slice(1)).toEqual([['c', 'd']])
  await finish()
  await Promise.all(more)
})

test('who does not come again holds nobody up, and is not waited for twice', async () => {
  const { commit, finish, groups } = await afterTwo(100)
  await finish()
  void commit.submit('c')
  await tick()
  expect(groups).toHaveLength(1)
  for (let turn = 0; turn < 2; turn += 1) await tick()
  expect(groups.slice(1)).toEqual([['c']])
  await finish()
  // Alone now: in the same turn.
  void commit.submit('d')
  await Promise.resolve()
  await Promise.resolve()
  expect(groups.slice(2)).toEqual([['d']])
  await finish()
})

test('as many as were there are enough; nobody waits from gatherBytes on', async () => {
  for (const [gatherBytes, items] of [
    [3, ['c', 'd']],
    [2, ['cc']],
  ] as const) {
    const { commit, finish, groups } = await afterTwo(gatherBytes)
    await finish()
    for (const item of items) void commit.submit(item)
    await Promise.resolve()
    await Promise.resolve()
    expect(groups.slice(1)).toEqual([items])
    await finish()
  }
  const { commit, finish, groups } = await afterTwo(2)
  await finish()
  void commit.submit('c')
  await Promise.resolve()
  await Promise.resolve()
  expect(groups).toHaveLength(1)
  for (let turn = 0; turn < 3; turn += 1) await tick()
  await finish()
})

test('limits out of range are refused', () => {
  const base = { write: async () => [], maxItems: 1, maxBytes: 0, sizeOf: () => 0 }
  createGroupCommit(base)
  expect(() => createGroupCommit({ ...base, maxItems: 0 })).toThrow('JOURNAL_ARGUMENT')
  expect(() => createGroupCommit({ ...base, maxBytes: -1 })).toThrow('JOURNAL_ARGUMENT')
  expect(() => createGroupCommit({ ...base, gatherBytes: 0.5 })).toThrow('JOURNAL_ARGUMENT')
})
