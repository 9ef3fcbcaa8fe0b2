// Guarantee: the folder that `prove` writes is enough for somebody who has nothing else, and shows
// only what was asked for.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bundle, checkBundle } from '@grantlog/ledger'
import { errorIn, grantlog, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
/** Index and id of the record that has personal slots. */
let target: { index: number; id: string }
beforeAll(async () => {
  sample = await makeSample(folder)
  const { stdout } = await grantlog(['search', '--data', sample.data, '--json'])
  target = (JSON.parse(stdout) as { records: (typeof target)[] }).records[0]!
})
afterAll(remove)

const prove = (...args: string[]) => grantlog(['prove', ...args, '--data', sample.data])
const bundleIn = (out: string): Bundle =>
  JSON.parse(readFileSync(join(out, 'bundle.json'), 'utf8')) as Bundle

test('a record is proved by index or id, with nothing personal unless asked for', async () => {
  const [none, some] = [join(folder, 'none'), join(folder, 'some')]
  expect(await prove(String(target.index), '--out', none)).toMatchObject({ code: 0, stderr: '' })
  expect((await prove(target.id, '--out', some, '--disclose', 'user')).code).toBe(0)
  const files = ['README.md', 'bundle.json', 'log.vkey', 'verify.py']
  expect(readdirSync(none).toSorted()).toEqual(files)
  expect(bundleIn(none).openings).toEqual({})
  expect(Object.keys(bundleIn(some).openings)).toEqual(['user'])
  for (const out of [none, some]) {
    const report = checkBundle(bundleIn(out), { logKey: sample.logKey })
    expect(report).toMatchObject({ index: target.index, leaf: { id: target.id } })
  }
  expect(readFileSync(join(none, 'README.md'), 'utf8')).toContain('Personal data: withheld')
  expect(readFileSync(join(some, 'README.md'), 'utf8')).toContain('`user` disclosed')
})

test('a folder that is not empty stays as it is, unless forced', async () => {
  const out = join(folder, 'mine')
  mkdirSync(out)
  const ours = ['README.md', 'log.vkey', 'notes.txt', 'verify.py']
  for (const name of ours) writeFileSync(join(out, name), 'mine')
  const args = [target.id, '--out', out, '--json']
  const refused = await prove(...args)
  expect([refused.code, errorIn(refused).code]).toEqual([1, 'OUT_EXISTS'])
  expect(readdirSync(out).toSorted()).toEqual(ours)
  for (const name of ours) expect(readFileSync(join(out, name), 'utf8')).toBe('mine')
  const file = await prove(target.id, '--out', join(out, 'notes.txt'), '--force', '--json')
  expect([file.code, errorIn(file).code]).toEqual([1, 'OUT_EXISTS'])

  expect((await prove(...args, '--force')).code).toBe(0)
  expect(readdirSync(out)).toHaveLength(ours.length + 1)
  expect(readFileSync(join(out, 'notes.txt'), 'utf8')).toBe('mine')
  expect(readFileSync(join(out, 'log.vkey'), 'utf8').trim()).toBe(sample.logKey)
})

test('what is disclosed is for its owner alone', async () => {
  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)
  const [made, empty] = [join(folder, 'private'), join(folder, 'private-empty')]
  mkdirSync(empty, { mode: 0o755 })
  for (const out of [made, empty]) {
    expect((await prove(target.id, '--out', out, '--disclose', 'user')).code).toBe(0)
    const files = readdirSync(out).map((name) => modeOf(join(out, name)))
    expect([modeOf(out), ...files]).toEqual(['700', '600', '600', '600', '600'])
  }
})

test('a proof that fails leaves nothing behind', async () => {
  const parent = join(folder, 'parent')
  mkdirSync(parent)
  const result = await prove('999999', '--out', join(parent, 'proof'), '--json')
  expect([result.code, errorIn(result).code]).toEqual([1, 'LEDGER_NOT_FOUND'])
  expect([readdirSync(parent), existsSync(join(parent, 'proof'))]).toEqual([[], false])
})

test('all records are lines, and what is printed as JSON says where', async () => {
  const out = join(folder, 'all')
  const { code, stdout } = await prove('--all', '--out', out, '--disclose', 'all', '--json')
  expect(code).toBe(0)
  const told = { out, count: 3, checked: true, disclosed: 'all', origin: sample.origin }
  expect(JSON.parse(stdout)).toMatchObject(told)
  const lines = readFileSync(join(out, 'bundles.jsonl'), 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as Bundle).format)).toHaveLength(3)
})

test('wrong calls say what is wrong', async () => {
  const out = join(folder, 'wrong')
  const cases = [
    [['--out', out], 2, 'USAGE'],
    [['1', '--all', '--out', out], 2, 'USAGE'],
    [['1', '--disclose', 'shoes', '--out', out], 2, 'USAGE'],
    [['999999', '--out', out], 1, 'LEDGER_NOT_FOUND'],
    [[String(target.index), '--out', join(folder, 'all', '..', 'once')], 0, null],
    [[String(target.index), '--out', join(folder, 'once')], 1, 'OUT_EXISTS'],
  ] as const
  for (const [args, exit, error] of cases) {
    const result = await prove(...args, '--json')
    const code = error === null ? null : errorIn(result).code
    expect({ exit: result.code, code }).toEqual({ exit, code: error })
  }
})

const python = spawnSync('python3', ['-c', 'import cryptography'])
const testWithPython = python.status === 0 ? test : test.skip
testWithPython('the verifier in the folder accepts it, and not a changed one', async () => {
  const out = join(folder, 'python')
  await prove(target.id, '--out', out, '--disclose', 'all')
  const check = (file: string) => {
    const flags = ['verify.py', 'bundle', file, '--key', 'log.vkey']
    return spawnSync('python3', flags, { cwd: out, encoding: 'utf8' })
  }
  const right = check('bundle.json')
  expect({ status: right.status, stderr: right.stderr }).toEqual({ status: 0, stderr: '' })
  expect(right.stdout).toContain('"ok":true')
  const changed = { ...bundleIn(out), index: target.index + 1 }
  writeFileSync(join(out, 'changed.json'), JSON.stringify(changed))
  const wrong = check('changed.json')
  expect(wrong.status).toBe(1)
  // The key that was given is used, and it says that the bundle came with another.
  const alien = { ...bundleIn(out), logKey: 'alien.example/log+00000000+AQ' }
  writeFileSync(join(out, 'alien.json'), JSON.stringify(alien))
  expect(check('alien.json').stdout).toContain('note: alien.json:1 came with another log key')
  expect(right.stdout).not.toContain('note:')
})
