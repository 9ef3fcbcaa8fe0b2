import { expect, test } from '@jest/globals'
import { JournalError } from './errors.ts'
import { createGroupCommit } from './group-commit.ts'
import type { Gather, GroupCommit } from './group-commit.ts'

interface Bench {
  readonly commit: GroupCommit<string, string>
  readonly groups: string[][]
  /** Ends the write under way. */
  finish(error?: Error): Promise<void>
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function bench(maxItems = 100, maxBytes = 100, gather?: Gather): Bench {
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
  const commit = createGroupCommit({ write, maxItems, maxBytes, sizeOf, gather })
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
async function afterTwo(gatherBytes: number, now = () => 0): Promise<Bench> {
  const { commit, ...rest } = bench(100, 100, { maxBytes: gatherBytes, maxMs: 10, now })
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

test('as many as were there are enough; nobody waits from so many bytes on', async () => {
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

test.each([
  [9, [['b', 'c', 'd']]],
  [10, [['b', 'c']]],
])('%d ms of waiting, of 10 at most', async (ms, expected) => {
  let time = 0
  const { commit, finish, groups } = bench(100, 100, {
    ...{ maxBytes: 100, maxMs: 10 },
    now: () => time,
  })
  for (const item of ['1', '2', '3', '4']) void commit.submit(item)
  await tick()
  await finish()
  void commit.submit('b')
  await Promise.resolve()
  await Promise.resolve()
  void commit.submit('c')
  time = ms
  for (let turn = 0; turn < 2; turn += 1) await tick()
  void commit.submit('d')
  for (let turn = 0; turn < 4; turn += 1) await tick()
  expect(groups.slice(1)).toEqual(expected)
})

test('limits out of range are refused', () => {
  const base = { write: async () => [], maxItems: 1, maxBytes: 0, sizeOf: () => 0 }
  createGroupCommit(base)
  expect(() => createGroupCommit({ ...base, maxItems: 0 })).toThrow('JOURNAL_ARGUMENT')
  expect(() => createGroupCommit({ ...base, maxBytes: -1 })).toThrow('JOURNAL_ARGUMENT')
  for (const gather of [
    { maxBytes: 0.5, maxMs: 1 },
    { maxBytes: 1, maxMs: -1 },
  ]) {
    expect(() => createGroupCommit({ ...base, gather })).toThrow('JOURNAL_ARGUMENT')
  }
})
