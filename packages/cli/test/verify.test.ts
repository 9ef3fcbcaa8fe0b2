// Scenario: a ledger made by the real receiver, then verified, whole and harmed. Guarantee: each
// outcome has its exit code, and what is printed says what was trusted.
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import {
  audit,
  base64urlOf,
  createLedger,
  encodeEnrolment,
  foldersUnder,
  generateEd25519,
  openLedger,
  sha256,
  thumbprint,
} from '@grantlog/ledger'
import { formatVkey, KEY_TYPE_ED25519 } from '@grantlog/tlog'
import { errorIn, grantlog, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
beforeAll(async () => {
  sample = await makeSample(folder)
})
afterAll(remove)

/** A copy with one byte of the log's entries changed. */
function harmedCopy(): string {
  const copy = join(folder, 'harmed')
  cpSync(sample.data, copy, { recursive: true })
  const entries = join(copy, 'ledger', 'tile', 'entries', '000.p')
  const file = join(entries, readdirSync(entries).toSorted().at(-1)!)
  const text = readFileSync(file, 'latin1').replace('"type":"record"', '"type":"recorD"')
  writeFileSync(file, text, 'latin1')
  return copy
}

test('without an outside checkpoint it says self-consistent only, and exits with 3', async () => {
  const { code, stderr, stdout } = await grantlog(['verify', '--data', sample.data])
  expect({ code, stderr }).toEqual({ code: 3, stderr: '' })
  expect(stdout).toContain('trusted as found beside the data')
  expect(stdout).toContain('self-consistent only')
  expect(stdout).not.toContain('\u001b')
})

test("with a producer's checkpoint and the key from elsewhere it exits with 0", async () => {
  const keyFile = join(folder, 'log.vkey')
  writeFileSync(keyFile, `${sample.logKey}\n`)
  for (const key of [sample.logKey, keyFile]) {
    const flags = ['--data', sample.data, '--key', key, '--seen', sample.seen, '--json']
    const { code, stdout } = await grantlog(['verify', ...flags])
    expect(JSON.parse(stdout)).toMatchObject({
      result: 'verified',
      keyFrom: 'given',
      origin: sample.origin,
      records: 3,
      verified: 3,
      gaps: 0,
      findings: [],
      anchored: true,
      streams: [{ records: 5, closed: true, missing: 0 }],
    })
    expect(code).toBe(0)
  }
})

test('what came after the newest outside checkpoint is not called proved', async () => {
  const flags = ['verify', '--data', sample.data, '--seen', sample.seen]
  const { anchoredSize, size } = JSON.parse((await grantlog([...flags, '--json'])).stdout) as {
    anchoredSize: number
    size: number
  }
  expect(anchoredSize).toBeGreaterThan(0)
  expect(size).toBeGreaterThan(anchoredSize)
  const { code, stdout } = await grantlog(flags)
  expect(code).toBe(0)
  expect(stdout).toContain(`verified up to entry ${anchoredSize} of ${size}: an outside`)
  const within = (entries: number) => grantlog([...flags, '--unanchored-max', String(entries)])
  expect((await within(size - anchoredSize)).code).toBe(0)
  const beyond = await within(size - anchoredSize - 1)
  expect(beyond.code).toBe(3)
  expect(beyond.stdout).not.toContain('an outside checkpoint agrees')
  const { stdout: alone } = await grantlog(flags.slice(0, 3))
  expect(alone).not.toContain('verified up to')
})

test('a changed entry is a finding with a word, a code and a place, and exits with 1', async () => {
  const data = harmedCopy()
  const text = await grantlog(['verify', '--data', data])
  expect(text.code).toBe(1)
  expect(text.stdout).toMatch(/altered\s+LEAF_\w+\s+entry \d+/)
  const json = await grantlog(['verify', '--data', data, '--seen', sample.seen, '--json'])
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({ result: 'findings' })
})

test('folders may lie apart', async () => {
  const parts = ['ledger', 'keys', 'lock'].flatMap((name) => [`--${name}`, join(sample.data, name)])
  const { code } = await grantlog(['verify', '--data', join(folder, 'nowhere'), ...parts])
  expect(code).toBe(3)
})

test('what cannot be checked exits with 4, and wrong usage with 2', async () => {
  const empty = join(folder, 'empty')
  mkdirSync(empty, { recursive: true })
  const at = ['--data', sample.data]
  const cases = [
    [['--data', empty], 4, 'LEDGER_MISSING'],
    [[...at, '--seen', empty], 4, 'SEEN_EMPTY'],
    [[...at, '--seen', join(folder, 'missing')], 4, 'SYSTEM'],
    [[...at, '--key', 'nonsense'], 4, 'KEY_MALFORMED'],
    [[...at, '--nonsense'], 2, 'USAGE'],
    [[...at, 'too', 'many'], 2, 'USAGE'],
  ] as const
  for (const [flags, exit, error] of cases) {
    const result = await grantlog(['verify', ...flags, '--json'])
    expect({ code: result.code, error: errorIn(result).code }).toEqual({ code: exit, error })
    expect(result.stdout).toBe('')
  }
})

test('the key of another log makes findings, not a crash', async () => {
  const { publicKey } = generateEd25519()
  const key = formatVkey({ name: sample.origin, type: KEY_TYPE_ED25519, publicKey }, sha256)
  const { code, stdout } = await grantlog(['verify', '--data', sample.data, '--key', key])
  expect(code).toBe(1)
  expect(stdout).toContain('CHECKPOINT_ALTERED')
})

test('a backend that cannot be asked leaves it unable to check', async () => {
  const at = ['verify', '--data', sample.data, '--json']
  for (const flag of ['--jaeger', '--elasticsearch']) {
    const dead = await grantlog([...at, flag, 'http://127.0.0.1:1'])
    expect({ code: dead.code, error: errorIn(dead).code }).toEqual({
      ...{ code: 4, error: 'BACKEND_UNREACHABLE' },
    })
    expect((await grantlog([...at, flag, 'nonsense'])).code).toBe(2)
    const secret = await grantlog([...at, flag, 'http://admin:SECRET@127.0.0.1:1'])
    expect({ code: secret.code, error: errorIn(secret).code }).toEqual({
      ...{ code: 4, error: 'BACKEND_URL_INVALID' },
    })
    expect(secret.stdout + secret.stderr).not.toContain('SECRET')
  }
})

test('a search engine without records says so, and gets its own credentials', async () => {
  const seen: unknown[] = []
  const server = createServer(({ headers }, response) => {
    seen.push(headers.authorization)
    const shards = { total: 0, successful: 0, skipped: 0, failed: 0 }
    response.end(JSON.stringify({ timed_out: false, _shards: shards, hits: { hits: [] } }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const args = ['verify', '--data', sample.data, '--json', '--opensearch', url]
  const run = await grantlog(args, { GRANTLOG_OPENSEARCH_HEADERS: 'authorization=Basic%20SECRET' })
  server.close()
  expect({ code: run.code, error: errorIn(run) }).toEqual({
    code: 4,
    error: expect.objectContaining({ code: 'BACKEND_HAS_NO_RECORDS' }),
  })
  expect(seen).toEqual(['Basic SECRET', 'Basic SECRET'])
  expect(run.stdout + run.stderr).not.toContain('SECRET')
})

test('--tree says what the public log is, reads no record, and needs none', async () => {
  const copy = join(folder, 'public')
  cpSync(sample.data, copy, { recursive: true })
  rmSync(join(copy, 'ledger', 'commit'), { recursive: true })
  rmSync(join(copy, 'keys', 'keystore.db'))
  const flags = ['verify', '--tree', '--data', copy, '--seen', sample.seen]
  const { code, stdout } = await grantlog([...flags, '--json'])
  expect(code).toBe(0)
  const said = { result: 'verified', tree: true, origin: sample.origin, findings: [] }
  expect(JSON.parse(stdout)).toMatchObject({ ...said, anchored: true })
  expect(JSON.parse(stdout)).not.toHaveProperty('records')
  const text = await grantlog(flags)
  expect(text.stdout).toMatch(/records\s+not read/)
  expect((await grantlog([...flags, '--jaeger', 'http://127.0.0.1:1'])).code).toBe(2)
})

test.each(['tile', 'checkpoint', 'commit'])(
  'a pipe in the place of a %s is not waited for',
  async (what) => {
    const data = join(folder, `pipe-${what}`)
    cpSync(sample.data, data, { recursive: true })
    const place = join(data, 'ledger', what === 'tile' ? 'tile/entries/000.p' : what)
    const first = what === 'checkpoint' ? '' : readdirSync(place).toSorted().at(-1)!
    rmSync(join(place, first))
    execFileSync('mkfifo', [join(place, first)])
    const { code } = await grantlog(['verify', '--data', data])
    expect([1, 4]).toContain(code)
  },
)

test('--tree finds a changed entry, and a checkpoint that is gone', async () => {
  const data = harmedCopy()
  const harmed = await grantlog(['verify', '--tree', '--data', data, '--json'])
  expect(harmed.code).toBe(1)
  expect(harmed.stdout).toContain('LEAF_ALTERED')
  rmSync(join(data, 'ledger', 'checkpoint'))
  rmSync(join(data, 'lock'), { recursive: true })
  const gone = await grantlog(['verify', '--tree', '--data', data, '--json'])
  expect([gone.code, gone.stdout.includes('CHECKPOINT_ALTERED')]).toEqual([1, true])
})

test('--resume goes on where a run was stopped, says so, and leaves no file behind', async () => {
  const data = join(folder, 'long')
  const folders = foldersUnder(data)
  const { logKey } = await createLedger(folders, 'long.example/log')
  const ledger = await openLedger(folders)
  for (let i = 0; i < 300; i++) {
    const key = generateEd25519().publicKey
    const kid = thumbprint(key)
    const content = encodeEnrolment({
      ...{
        assurance: 'configured',
        audience: 'long.example/log',
        kid,
        publicKey: base64urlOf(key),
      },
      ...{ issuers: [], roles: ['api'], services: ['login'], validFrom: 0, validUntil: 0 },
    })
    await ledger.commitContent({ type: 'key', id: kid, content })
  }
  await ledger.close()
  const path = join(folder, 'verifier', 'state')
  mkdirSync(dirname(path))
  const onProgress = (done: number): void => {
    if (done > 512) throw new Error('stopped')
  }
  const stopped = audit({ folders, logKey, onProgress, resume: { path, everyMs: 0 } })
  await expect(stopped).rejects.toThrow('stopped')
  const state = readFileSync(path)
  const flags = ['verify', '--data', data, '--resume', path]
  const json = await grantlog([...flags, '--json'])
  expect(JSON.parse(json.stdout)).toMatchObject({
    ...{ result: 'self-consistent only', size: 600, findings: [] },
    resumed: { from: expect.any(Number), startedAt: expect.any(Number) },
  })
  expect(existsSync(path)).toBe(false)
  writeFileSync(path, state)
  expect((await grantlog(flags)).stdout).toMatch(
    /resumed\s+entries before \d+ were read by the run/,
  )
  expect((await grantlog(flags)).stdout).not.toContain('resumed')
  // What an older version kept: the next run begins at the first entry, and says so at once.
  const older = Buffer.from(state.toString('latin1').replace('audit-v3', 'audit-v1'), 'latin1')
  writeFileSync(path, older)
  const anew = await grantlog(flags)
  expect(anew.stderr).toContain(
    'not resumed, all is read again: an older version of grantlog wrote',
  )
  expect(anew.stdout).toMatch(/resumed\s+no: an older version of grantlog wrote the file/)
  writeFileSync(path, older)
  expect(JSON.parse((await grantlog([...flags, '--json'])).stdout)).toMatchObject({
    ...{ anew: 'older-version', resumed: null, size: 600, findings: [] },
  })
  writeFileSync(path, state.subarray(1))
  expect(errorIn(await grantlog([...flags, '--json'])).code).toBe('RESUME_UNUSABLE')
})

test('the file of --resume does not lie where the ledger does, nor where nothing can', async () => {
  const at = ['verify', '--data', sample.data, '--json', '--resume']
  const link = join(folder, 'link')
  symlinkSync(sample.data, link)
  for (const file of [join(sample.data, 'state'), join(link, 'ledger', 'state')]) {
    expect(errorIn(await grantlog([...at, file])).code).toBe('RESUME_BESIDE_DATA')
  }
  expect(errorIn(await grantlog([...at, join(folder, 'none', 'state')])).code).toBe('SYSTEM')
  expect((await grantlog([...at, join(folder, 'state'), '--tree'])).code).toBe(2)
})
