import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { countDeadLetters } from './dead-letters.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-letters-'))
})
afterAll(() => rm(folder, { recursive: true }))

const line = (indexes: number[], source = 'ledger'): string =>
  `${JSON.stringify({ at: 1, sink: 's', source, status: 400, spans: indexes.length, indexes })}\n`

test('letters are counted once, by stream; a file that was moved away starts anew', async () => {
  const path = join(folder, 's.dead.jsonl')
  const streamAt = (index: number) => Promise.resolve(index < 9 ? `k ${index % 2}` : undefined)
  const letters = countDeadLetters(path, streamAt)
  await letters.refresh()
  expect([...letters.dead]).toEqual([])
  await writeFile(path, line([0, 1, 2]) + line([3], 'pass-through') + 'no json\n')
  await letters.refresh()
  await appendFile(path, `${line([4, 99])}{"half":`)
  await letters.refresh()
  await letters.refresh()
  expect([...letters.dead]).toEqual([
    ['k 0', 3],
    ['k 1', 1],
  ])
  await writeFile(path, line([1]))
  await letters.refresh()
  await letters.refresh()
  expect([...letters.dead]).toEqual([['k 1', 1]])
})

test('who asks at the same time does not make them count twice', async () => {
  const path = join(folder, 'twice.dead.jsonl')
  await writeFile(path, line([0, 1]))
  const letters = countDeadLetters(path, () => Promise.resolve('k'))
  await Promise.all([letters.refresh(), letters.refresh()])
  await letters.refresh()
  expect([...letters.dead]).toEqual([['k', 2]])
})
