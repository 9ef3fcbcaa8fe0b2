// Guarantee: a search finds what it asks for and nothing else, hides who it was unless told to show
// it, and never lets a value of a record write to the terminal.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { foldersUnder, openReader } from '@grantlog/ledger'
import { type LedgerRecord, recordsIn } from '@grantlog/query'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import picocolors from 'picocolors'
import { tableOf } from '../src/record-text.ts'
import { errorIn, grantlog, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
beforeAll(async () => {
  sample = await makeSample(folder)
})
afterAll(remove)

interface Found {
  readonly index: number
  readonly seq: number
  readonly attributes: Record<string, unknown>
}

async function search(...flags: string[]): Promise<Found[]> {
  const { stdout } = await grantlog(['search', ...flags, '--data', sample.data, '--json'])
  return (JSON.parse(stdout) as { records: Found[] }).records
}

test.each([
  [[], [1, 2, 3]],
  [
    ['--client', 'web'],
    [1, 2],
  ],
  [['--client', 'web', '--outcome', 'denied'], [2]],
  [
    ['--action', 'oauth.token', '--service', 'login'],
    [1, 2, 3],
  ],
  [['--action', 'oauth.authorize'], []],
  [['--user-hash', 'p1.AAAAAAAAAAAAAAAAAAAAAA'], [1]],
  [
    ['--after', '1h'],
    [1, 2, 3],
  ],
  [['--after', '2999-01-01'], []],
  [
    ['--limit', '2'],
    [2, 3],
  ],
  [
    ['--limit', '2', '--order', 'newest'],
    [3, 2],
  ],
  [
    ['--limit', '2', '--order', 'oldest'],
    [1, 2],
  ],
  [['client:web', 'outcome:denied'], [2]],
  [['client:web outcome:denied'], [2]],
  [['outcome:success', '--client', 'web'], [1]],
  [
    ['-outcome:denied', '--service', 'login'],
    [1, 3],
  ],
  [
    ['outcome:denied', 'OR', 'user:alice'],
    [1, 2],
  ],
])('%j finds the records %j', async (flags, expected) => {
  expect((await search(...flags)).map(({ seq }) => seq)).toEqual(expected)
})

test('who it was is shown only when asked for; the pseudonym always', async () => {
  const [hidden] = await search()
  expect(hidden!.attributes).toMatchObject({ 'user.hash': 'p1.AAAAAAAAAAAAAAAAAAAAAA' })
  expect(hidden!.attributes).not.toHaveProperty(['user.id'])
  const [shown] = await search('--show-personal')
  expect(shown!.attributes).toMatchObject({ 'user.id': 'alice' })
})

test('the table has no control characters, whatever a record says', async () => {
  const args = ['search', '--data', sample.data, '--show-personal']
  // Where CI is set, picocolors would paint what goes to a pipe, too.
  const { code, stdout } = await grantlog(args, { CI: 'true' })
  expect(code).toBe(0)
  expect(stdout).toContain('alice')
  expect(stdout).toContain('batch\ufffd[31m')
  expect(stdout).not.toContain('\u001b')
  expect(stdout.split('\n')[0]).toMatch(/^index +received +service +action +outcome/)
})

test('it says how to go on, and each record has its index and id', async () => {
  const { stderr, stdout } = await grantlog(['search', '--data', sample.data])
  expect(stderr).toContain('grantlog show INDEX')
  expect(stdout).toMatch(/^index .* record\n/)
  expect(stdout).toMatch(/^\d+ .* [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/m)
})

test.each([
  [50, /^received [-\d]{10} UTC\nindex: \d+ {2}received: [:\d]{8} {2}service: login\n {2}/, false],
  [
    80,
    /^received [-\d]{10} UTC\nindex +received +service .* user hash +user\n\d+ +[:\d]{8} /,
    false,
  ],
  [100, /^received [-\d]{10} UTC\nindex +received +service/, false],
  [200, /^received [-\d]{10} UTC\nindex +received .* record\n/, true],
])('with %d columns it reads well', async (columns, shape, withId) => {
  const reader = await openReader(foldersUnder(sample.data))
  const records: LedgerRecord[] = []
  for await (const record of recordsIn(reader.frames(0))) records.push(record)
  await reader.close()
  const { text } = tableOf(records, { columns, paint: picocolors.createColors(false) })
  expect(text).toMatch(shape)
  expect(text.includes(records[0]!.leaf.id)).toBe(withId)
})

test('nothing found is no error', async () => {
  const none = await grantlog(['search', '--client', 'nobody', '--data', sample.data])
  const stderr = expect.stringContaining('No record matches.')
  expect(none).toEqual({ code: 0, stdout: '', stderr })
})

test('it counts, and counts by the values of fields', async () => {
  const run = async (...flags: string[]): Promise<string> =>
    (await grantlog(['search', ...flags, '--data', sample.data])).stdout
  expect(await run('--count', 'client:web')).toBe('2\n')
  const facets = await run('--count', '--facets', 'outcome,user')
  expect(facets).toMatch(
    /^outcome\n {2}success +█+▌?▎? +2 {2}67 %\n {2}denied +█+ +1 {2}33 %\n\nuser\n/,
  )
  expect(facets).toMatch(/ {2}p1\.A{22} .* 1 {2}33 %\n {2}\(none\) .* 2 {2}67 %\n$/)
  const json = JSON.parse(await run('--facets', 'user', '--show-personal', '--json')) as object
  expect(json).toMatchObject({
    total: 3,
    facets: [{ field: 'user', values: [{ value: 'alice', count: 1 }], missing: 2 }],
  })
  expect(json).toHaveProperty('records.length', 3)
})

test('a fault in the query is pointed at, and is wrong usage', async () => {
  const wrong = ['search', 'outcome:denied', 'clinet:web', '--data', sample.data]
  const text = await grantlog(wrong)
  expect({ code: text.code, stdout: text.stdout }).toEqual({ code: 2, stdout: '' })
  expect(text.stderr).toMatch(/^ {2}outcome:denied clinet:web\n {17}\^{7}\n {2}perhaps: client:/m)
  const json = errorIn(await grantlog([...wrong, '--json']))
  expect(json).toMatchObject({ code: 'QUERY_FIELD_UNKNOWN', at: 15, length: 7 })
  const unlisted = ['search', 'client:web', 'outcome:refused', '--data', sample.data]
  expect(errorIn(await grantlog([...unlisted, '--json']))).toMatchObject({
    ...{ code: 'QUERY_VALUE_INVALID', at: 19, length: 7 },
  })
  const { code } = await grantlog(['search', '--limti', '3', '--data', sample.data])
  expect(code).toBe(2)
})

test('the index is in the data folder, or where it is told to be, and may be removed', async () => {
  await search()
  expect(existsSync(join(sample.data, 'index', 'records.db'))).toBe(true)
  const elsewhere = join(folder, 'elsewhere')
  expect(await search('--index', elsewhere)).toHaveLength(3)
  rmSync(elsewhere, { recursive: true })
  expect(await search('--index', elsewhere)).toHaveLength(3)
})
