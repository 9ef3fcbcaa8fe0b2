import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { countDeadLetters, type DeadLetterCounts } from './dead-letters.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-letters-'))
})
afterAll(() => rm(folder, { recursive: true }))

const line = (indexes: number[], source = 'ledger', spans = indexes.length): string =>
  `${JSON.stringify({ at: 1, sink: 's', source, status: 400, spans, indexes })}\n`
const boundsOf = ({ dead }: DeadLetterCounts): object =>
  Object.fromEntries(Array.from(dead, ([stream, { least, most }]) => [stream, [least, most]]))
const odd = (index: number): Promise<string> => Promise.resolve(`k ${index % 2}`)

test('letters are counted once, by stream; a file that was moved away starts anew', async () => {
  const path = join(folder, 's.dead.jsonl')
  const streamAt = (index: number) => Promise.resolve(index < 9 ? `k ${index % 2}` : undefined)
  const letters = countDeadLetters([path], streamAt)
  await letters.refresh()
  expect([...letters.dead]).toEqual([])
  await writeFile(path, line([0, 1, 2]) + line([3], 'pass-through') + 'no json\n')
  await letters.refresh()
  await appendFile(path, `${line([4, 99])}{"half":`)
  await letters.refresh()
  await letters.refresh()
  expect(boundsOf(letters)).toEqual({ 'k 0': [3, 3], 'k 1': [1, 1] })
  await writeFile(path, line([1]))
  await letters.refresh()
  await letters.refresh()
  expect(boundsOf(letters)).toEqual({ 'k 1': [1, 1] })
})

test('who asks at the same time does not make them count twice', async () => {
  const path = join(folder, 'twice.dead.jsonl')
  await writeFile(path, line([0, 1]))
  const letters = countDeadLetters([path], () => Promise.resolve('k'))
  await Promise.all([letters.refresh(), letters.refresh()])
  await letters.refresh()
  expect(boundsOf(letters)).toEqual({ k: [2, 2] })
})

test('of a part of a request it is known how many, and of a stream the bounds', async () => {
  const path = join(folder, 'part.dead.jsonl')
  await writeFile(path, line([0, 1, 2, 4], 'ledger', 2) + line([6, 8], 'ledger', 1))
  const letters = countDeadLetters([path], odd)
  await letters.refresh()
  expect(boundsOf(letters)).toEqual({ 'k 0': [2, 3], 'k 1': [0, 1] })
  expect(letters.total).toBe(3)
})

test('a letter that a crash wrote twice counts once', async () => {
  const path = join(folder, 'again.dead.jsonl')
  await writeFile(path, line([0, 1]) + line([0, 1]) + line([0, 1, 2], 'ledger', 1))
  const letters = countDeadLetters([path], odd)
  await letters.refresh()
  expect(boundsOf(letters)).toEqual({ 'k 0': [1, 2], 'k 1': [1, 1] })
})

test('a file that was set aside still counts, until it is dropped or moved away', async () => {
  const paths = [join(folder, 'r.dead.1.jsonl'), join(folder, 'r.dead.jsonl')] as const
  const letters = countDeadLetters(paths, odd)
  const count = async (): Promise<number> => {
    await letters.refresh()
    const anew = countDeadLetters(paths, odd)
    await anew.refresh()
    expect([letters.total, boundsOf(letters)]).toEqual([anew.total, boundsOf(anew)])
    return letters.total
  }
  await writeFile(paths[1], line([0]))
  expect(await count()).toBe(1)
  await appendFile(paths[1], line([1, 2]))
  await rename(paths[1], paths[0])
  await writeFile(paths[1], line([3, 4, 5, 6]))
  expect(await count()).toBe(7)
  await rename(paths[1], paths[0])
  await writeFile(paths[1], line([7]))
  expect(await count()).toBe(5)
  await rm(paths[0])
  expect(await count()).toBe(1)
})
