// Guarantee: the index can be looked at without a change, made anew at any time, and is written by
// one process alone.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorIn, grantlog, type Result, start, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
beforeAll(async () => {
  sample = await makeSample(folder)
})
afterAll(remove)

const run = (...args: string[]): Promise<Result> => grantlog([...args, '--data', sample.data])

async function status(...flags: string[]): Promise<object> {
  return JSON.parse((await run('index', 'status', '--json', ...flags)).stdout) as object
}

test('before the first search there is none, and looking makes none', async () => {
  const elsewhere = join(folder, 'elsewhere')
  expect(await status('--index', elsewhere)).toMatchObject({ records: 0, bytes: 0 })
  expect(await status('--index', elsewhere)).not.toMatchObject({ behind: 0 })
  expect(existsSync(elsewhere)).toBe(false)
})

test('after it, it has the records; made anew it has them too', async () => {
  await run('search')
  const made = { folder: join(sample.data, 'index'), records: 3, bytes: expect.any(Number) }
  expect(await status()).toMatchObject(made)
  expect((await run('index', 'status')).stdout).toMatch(
    /: 3 records, [\d.]+ kB, \d+ commits? behind|nothing behind\n$/,
  )
  const anew = await run('index', 'rebuild')
  expect(anew).toMatchObject({ code: 0, stdout: expect.stringContaining('3 records') })
  expect((await run('search', '--count')).stdout).toBe('3\n')
})

test('a damaged one is made anew by the next search', async () => {
  writeFileSync(join(sample.data, 'index', 'records.db'), 'nonsense')
  expect(await status()).toMatchObject({ records: 0 })
  expect((await run('search', '--count')).stdout).toBe('3\n')
  expect(await status()).toMatchObject({ records: 3 })
})

test('one process writes it; others search beside', async () => {
  const page = start(['console', '--data', sample.data, '--port', '0', '--json'])
  await page.event('CONSOLE_READY')
  const refused = await run('index', 'rebuild', '--json')
  expect({ code: refused.code, error: errorIn(refused).code }).toEqual({
    ...{ code: 1, error: 'INDEX_HELD' },
  })
  expect((await run('search', '--count')).stdout).toBe('3\n')
  page.kill('SIGTERM')
  expect((await page.ended).code).toBe(0)
})
