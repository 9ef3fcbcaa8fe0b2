// Scenario: a ledger made by the real receiver, exported, and checked by somebody who has the file,
// its manifest and the ledger's export key. Guarantee: what checks is what the ledger gave out;
// what was changed, is of another ledger, or cannot be signed does not.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { appendFileSync, cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { errorIn, grantlog, type Result, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
let key: string
beforeAll(async () => {
  sample = await makeSample(folder)
  key = join(sample.data, 'keys', 'export.vkey')
})
afterAll(remove)

async function exported(out: string, ...args: string[]): Promise<Result & { file: string }> {
  const file = join(folder, out)
  const at = ['--data', sample.data, '--out', file]
  return { ...(await grantlog(['export', ...args, ...at, '--json'])), file }
}

const check = (file: string, ...flags: string[]): Promise<Result> =>
  grantlog(['export', '--check', file, '--key', key, ...flags])

test.each([
  ['ndjson', /^\{"index":\d+,.*"oauth\.client\.id":"web".*\}\n$/s],
  ['csv', /^index,record_id,.*\r\n\d+,.*,web,/s],
  ['ocsf', /^\{"class_uid":3002,.*"version":"1\.1\.0".*\}\n$/s],
])(
  'as %s it has the records, its manifest says so, and whoever has the key sees it',
  async (format, shape) => {
    const out = `records.${format}`
    const { code, file, stdout } = await exported(out, 'client:web', '--format', format)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ records: 2, file, manifest: `${file}.manifest` })
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(shape)
    expect(text).not.toContain('alice')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const checked = await check(file, '--json', '--data', join(folder, 'nowhere'))
    expect(JSON.parse(checked.stdout)).toMatchObject({
      ...{ result: 'verified', keyFrom: 'given', origin: sample.origin, query: 'client:web' },
      ...{ format, records: 2, personal: 'withheld' },
    })
    expect((await check(file)).stdout).toContain('verified: the file is what this ledger gave out')
  },
)

test('who it was is there when it was asked for, and the manifest says so', async () => {
  const { file } = await exported('personal', '--show-personal')
  expect(readFileSync(file, 'utf8')).toContain('alice')
  expect((await check(file)).stdout).toContain('personal slots shown')
})

test('a changed file, a changed manifest, and another key do not check', async () => {
  const { file } = await exported('changed')
  appendFileSync(file, '\n')
  const altered = await check(file, '--json')
  expect({ code: altered.code, error: errorIn(altered).code }).toEqual({
    ...{ code: 1, error: 'EXPORT_ALTERED' },
  })
  const manifest = readFileSync(`${file}.manifest`, 'utf8')
  writeFileSync(`${file}.manifest`, manifest.replace('records 3', 'records 4'))
  expect(errorIn(await check(file, '--json')).code).toBe('EXPORT_UNVERIFIED')
  writeFileSync(`${file}.manifest`, manifest)
  const other = await grantlog(['export', '--check', file, '--key', sample.logKey, '--json'])
  expect(errorIn(other).code).toBe('EXPORT_UNVERIFIED')
})

test('it writes over nothing, unless it is told to', async () => {
  await exported('twice')
  const again = await exported('twice')
  expect({ code: again.code, error: errorIn(again).code }).toEqual({
    ...{ code: 1, error: 'EXPORT_EXISTS' },
  })
  expect((await exported('twice', '--force')).code).toBe(0)
})

test('what cannot be signed is not written', async () => {
  const copy = join(folder, 'unsigned')
  cpSync(sample.data, copy, { recursive: true })
  const keystore = new DatabaseSync(join(copy, 'keys', 'keystore.db'))
  keystore.exec("DELETE FROM key WHERE kind = 'secret' AND name = 'export'")
  keystore.close()
  const out = join(folder, 'never')
  const result = await grantlog(['export', '--data', copy, '--out', out, '--json'])
  expect({ code: result.code, error: errorIn(result).code }).toEqual({
    ...{ code: 1, error: 'EXPORT_KEY_MISSING' },
  })
  expect(existsSync(out) || existsSync(`${out}.part`)).toBe(false)
})

test('a file that is not there, and a key that is not known, are told as that', async () => {
  const at = ['--data', join(folder, 'nowhere'), '--json']
  const none = errorIn(await grantlog(['export', '--check', 'nofile', ...at]))
  expect(none).toMatchObject({ code: 'SYSTEM', title: expect.stringContaining('nofile.manifest') })
  const { file } = await exported('unkeyed')
  const keyless = errorIn(await grantlog(['export', '--check', file, ...at]))
  expect(keyless).toMatchObject({ code: 'USAGE', title: expect.stringContaining('nowhere') })
})

test('wrong usage is told', async () => {
  for (const args of [[], ['--out', 'x', '--format', 'xml'], ['--check', 'x', '--out', 'y']]) {
    expect((await grantlog(['export', ...args, '--data', sample.data])).code).toBe(2)
  }
})
