// Guarantee: what a core refused as it came there is listed, and a request to send it again or to
// drop it is what the receiver reads (packages/receiver/src/forward/core-held.test.ts).
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openJournal } from '@grantlog/journal'
import { heldNames } from '@grantlog/receiver'
import { errorIn, grantlog, temporaryFolder } from './command.ts'

const { folder, remove } = temporaryFolder()
const data = join(folder, 'data')
const queue = join(data, 'queue')
afterAll(remove)

const heldAt = (index: number): object => ({
  index,
  frame: 1,
  code: 'ALTERED',
  at: 1_795_720_022_657,
})

beforeAll(async () => {
  mkdirSync(queue, { recursive: true })
  const journal = await openJournal({ directory: heldNames(queue, 'core').folder })
  const append = (entry: object): Promise<number> =>
    journal.append([Buffer.from(JSON.stringify(entry))])
  await append({ held: [heldAt(5), heldAt(6)] })
  await append({ held: [heldAt(9)] })
  await append({ released: [6] })
  await journal.close()
})

const held = (...flags: string[]) => grantlog(['held', '--data', data, '--sink', 'core', ...flags])

test('it is listed, and the exit code says that something is held', async () => {
  const { code, stdout } = await held()
  expect(code).toBe(1)
  expect(stdout).toMatch(/2026-11-26T.*\b5\b.*ALTERED\n.*\b9\b.*ALTERED/)
  const none = await grantlog(['held', '--data', data, '--sink', 'other', '--json'])
  expect([none.code, JSON.parse(none.stdout)]).toEqual([
    0,
    { sink: 'other', records: [], asked: null },
  ])
})

test('what is asked for is for the receiver to do', async () => {
  const { again, drop } = heldNames(queue, 'core')
  expect((await held('--again', '--json')).code).toBe(0)
  expect(JSON.parse(readFileSync(again, 'utf8'))).toEqual([5, 9])
  const { stdout } = await held('--drop', '--index', '9', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ records: [{ index: 9 }], asked: 'drop' })
  expect(JSON.parse(readFileSync(drop, 'utf8'))).toEqual([9])
  const both = await held('--again', '--drop', '--json')
  expect(errorIn(both)).toMatchObject({ code: 'USAGE' })
})
