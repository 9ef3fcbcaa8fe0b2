// Guarantee: reconcile says what has no record on either side, seals what it found whether a
// receiver runs or not, keeps nothing that a stranger wrote, and is never green on missing data.
import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { foldersUnder, openReader } from '@grantlog/ledger'
import { ATTR } from '@grantlog/record'
import { errorIn, grantlog, type Result, start, temporaryFolder } from './command.ts'
import { type Attributes, openStream } from './producer.ts'

const { folder, remove } = temporaryFolder()
afterAll(remove)
const data = join(folder, 'data')
const log = join(folder, 'access.log')
const file = join(folder, 'credentials.json')

/** The second in which all records of a stream of producer.ts begin. */
const at = '[23/Nov/2026:20:50:00 +0000]'
const line = (method: string, path: string, status: number): string =>
  `192.0.2.1 - - ${at} "${method} ${path}?code=s3cr3t HTTP/1.1" ${status} 5 "-" "-"\n`
const token = (status: bigint): Attributes => [
  [ATTR.HTTP_REQUEST_METHOD, 'POST'],
  [ATTR.HTTP_ROUTE, '/token'],
  [ATTR.HTTP_RESPONSE_STATUS_CODE, status],
]
const counts = (tokens: number): Attributes => [
  [ATTR.AUDIT_ACTION, 'audit.stream.heartbeat'],
  [ATTR.AUDIT_STREAM_COUNTS, `audit.stream.heartbeat=1 audit.stream.start=1 oauth.token=${tokens}`],
  [ATTR.AUDIT_STREAM_HTTP_REQUESTS, 9n],
]

beforeAll(async () => {
  const receiver = start(['receiver', '--data', data, '--port', '0', '--admin-port', '0', '--json'])
  const { otlpPort } = await receiver.event('READY')
  const place = [
    '--data',
    data,
    '--out',
    file,
    '--endpoint',
    `http://127.0.0.1:${String(otlpPort)}`,
  ]
  await grantlog(['keys', 'new', '--service', 'login', '--role', 'authorization_server', ...place])
  const stream = openStream(file)
  await stream.send([[[ATTR.AUDIT_ACTION, 'audit.stream.start']], token(200n), token(400n)])
  await stream.send([counts(2)])
  // With a receiver that holds the ledger: it seals what is handed over.
  writeFileSync(log, line('POST', '/token', 200) + line('POST', '/token', 400))
  const handed = await reconcile('--access-log', log, '--json')
  expect(handed).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(handed.stdout)).toMatchObject({
    result: 'agrees',
    sealed: { state: 'handed over', index: null },
    log: { counts: { all: 2, matched: 2 } },
  })
  expect(await receiver.event('RECONCILE_AGREES')).toMatchObject({
    service: 'login',
    level: 'info',
  })
  receiver.kill('SIGTERM')
  expect((await receiver.ended).code).toBe(0)
})

const reconcile = (...flags: string[]): Promise<Result> =>
  grantlog(['reconcile', '--data', data, '--service', 'login', ...flags])

test('without a receiver it is sealed at once, and verify tells of it', async () => {
  writeFileSync(log, line('POST', '/token', 200) + line('POST', '/token', 400).repeat(3))
  const { code, stdout } = await reconcile('--access-log', log, '--json')
  const said = JSON.parse(stdout) as {
    sealed: { file: string; digest: string; index: number }
    log: { noRecord: { line: number }[] }
  }
  expect({ code, ...said }).toMatchObject({
    code: 1,
    result: 'differs',
    sealed: { state: 'sealed' },
    log: { counts: { all: 4, matched: 2, noRecord: 2 } },
  })
  expect(said.log.noRecord).toHaveLength(2)
  const { digest, file: kept, index } = said.sealed
  expect(createHash('sha256').update(readFileSync(kept)).digest('base64url')).toBe(digest)
  expect(statSync(kept).mode & 0o777).toBe(0o600)
  expect(await contentAt(index)).toMatchObject({
    service: 'login',
    verdict: 'differs',
    report: digest,
    lines: { noRecord: 2 },
  })
  const verified = await grantlog(['verify', '--data', data, '--json'])
  expect(JSON.parse(verified.stdout)).toMatchObject({
    findings: [],
    validations: [{ index, service: 'login', verdict: 'differs' }],
  })
  const text = await grantlog(['verify', '--data', data])
  expect(text.stdout).toMatch(/validated +login: differs, \d+ s ago/)
})

async function contentAt(index: number): Promise<unknown> {
  const reader = await openReader(foldersUnder(data))
  for await (const { entries } of reader.frames(0)) {
    const entry = entries.find((one) => one.index === index)
    if (entry?.stored.kind !== 'content') continue
    await reader.close()
    return JSON.parse(new TextDecoder().decode(entry.stored.content))
  }
  throw new Error('no such leaf')
}

test('the text names lines by number and template, and nothing that a stranger wrote', async () => {
  const secret = line('POST', '/token', 200).replace('/token', '/reset/s3cr3t')
  writeFileSync(log, `${line('POST', '/token', 200)}${secret}${'s3cr3t\n'}`)
  const { code, stderr, stdout } = await reconcile(
    ...['--access-log', log, '--audited', '/reset/:id', '--no-seal'],
  )
  expect(code).toBe(1)
  expect(stdout).toMatch(/no record +2 +2026-\d\d-\d\dT\S+ +POST +\/reset\/:id +200 +given/)
  expect(stdout).toMatch(/malformed +3 /)
  expect(stdout).toContain('there are differences')
  expect(stdout + stderr).not.toMatch(/s3cr3t|192\.0\.2/)
})

test('missing data has an exit code of its own', async () => {
  writeFileSync(log, '')
  expect(await reconcile('--access-log', log, '--no-seal', '--json')).toMatchObject({ code: 4 })
  const nobody = ['reconcile', '--data', data, '--service', 'nobody', '--no-seal', '--json']
  const { code, stdout } = await grantlog(nobody)
  expect(code).toBe(4)
  expect(JSON.parse(stdout)).toMatchObject({ result: 'incomplete', reasons: ['NO_STREAMS'] })
})

test('without an access log the streams of all services are compared', async () => {
  const { code, stdout } = await grantlog(['reconcile', '--data', data, '--no-seal', '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ service: null, log: null, streams: { all: 1, emitted: 4, sealed: 4 } },
    requests: { counted: 9, records: 2 },
  })
})

test.each([
  [['--access-log', '/nowhere'], 4, 'RECONCILE_LOG_UNREADABLE'],
  [['--audited', 'no route'], 4, 'RECONCILE_PATTERN_INVALID'],
  [['--tolerance', 'long'], 2, 'USAGE'],
])('%j is refused', async (flags, code, expected) => {
  const result = await reconcile(...flags, '--no-seal', '--json')
  expect(result.code).toBe(code)
  expect(errorIn(result).code).toBe(expected)
})

test('an access log needs a service', async () => {
  const result = await grantlog(['reconcile', '--data', data, '--access-log', log, '--json'])
  expect(result.code).toBe(2)
  expect(errorIn(result).code).toBe('USAGE')
})
