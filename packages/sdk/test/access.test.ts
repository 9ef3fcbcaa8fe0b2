// Scenario: the receiver stands behind TLS and asks who sends.
// Guarantee: every record arrives once it may; what is shown is read again when it changes, goes to
// nobody else, and is in no notice and no record; the service itself notices nothing.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { runGrants } from './fixtures/client.ts'
import { newProducer, type Producer } from './fixtures/credentials.ts'
import { expectedGrants } from './fixtures/expected.ts'
import { type Gate, openGate } from './fixtures/gate.ts'
import { type Sink, startSink } from './fixtures/sink.ts'

/** Its records, with the start of its stream. */
const all = expectedGrants.length + 1

let producer: Producer
let sink: Sink
let gate: Gate
let folder: string

beforeEach(async () => {
  producer = newProducer()
  sink = await startSink(producer)
  gate = await openGate(sink.endpoint)
  folder = mkdtempSync(join(tmpdir(), 'grantlog-access-'))
})
afterEach(async () => {
  await gate[Symbol.asyncDispose]()
  await sink.close()
  expect(sink.faults).toEqual([])
})

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

function credentials(): string {
  return producer.write({ ...sink, endpoint: gate.endpoint })
}

/** Until it holds; about 40 s at most. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 2000) throw new Error('it never came')
    await wait(20)
  }
}

function everything(stderr: string): string {
  return [stderr, ...sink.bodies.map((body) => body.toString('latin1'))].join('\n')
}

test('a certificate of the receiver by GRANTLOG_CA alone, and of the service for it', async () => {
  const { cert, key } = await gate.authority.issue({ commonName: 'login' })
  const env = {
    GRANTLOG_CA: file('ca.pem', gate.authority.cert),
    GRANTLOG_CLIENT_CERT: file('tls.crt', cert),
    GRANTLOG_CLIENT_KEY: file('tls.key', key),
  }
  await withService({ credentials: credentials(), env }, async ({ issuer }) => {
    await runGrants(issuer)
    await until(() => sink.records().length >= all)
  })
  expect(new Set(gate.seen.map(({ client }) => client))).toEqual(new Set(['login']))
})

test('a receiver of another authority gets nothing, and is told', async () => {
  await withService({ credentials: credentials() }, async ({ issuer, says }) => {
    await runGrants(issuer)
    await says(/EXPORT_FAILING.*certificate/)
  })
  expect(gate.seen).toEqual([])
})

test('a token file that comes late and changes: records wait, and none is lost', async () => {
  const [stale, fresh] = ['stale-secret-token', 'fresh-secret-token']
  gate.tokens = new Set([fresh])
  const env = {
    GRANTLOG_CA: file('ca.pem', gate.authority.cert),
    GRANTLOG_TOKEN_FILE: join(folder, 'token'),
  }
  const { stderr } = await withService({ credentials: credentials(), env }, async (service) => {
    await runGrants(service.issuer)
    await service.says(/TOKEN_UNAVAILABLE.*token: ENOENT/)
    expect(gate.seen).toEqual([])
    file('token', `${stale}\n`)
    await until(() => gate.seen.length > 1)
    file('token', fresh)
    await until(() => sink.records().length >= all)
  })
  expect(stderr.match(/ACCESS_REFUSED/g)).toHaveLength(1)
  // Proofs of the log are asked for with the token, too.
  expect(gate.seen.some(({ path }) => path.startsWith('/grantlog/v1/consistency'))).toBe(true)
  for (const secret of [stale, fresh]) expect(everything(stderr)).not.toContain(secret)
})

test('client credentials: asked for when needed, and no deed of the service', async () => {
  const env = {
    GRANTLOG_CA: file('ca.pem', gate.authority.cert),
    GRANTLOG_TOKEN_URL: gate.tokenUrl,
    GRANTLOG_TOKEN_CLIENT_ID: 'a client',
    GRANTLOG_TOKEN_CLIENT_SECRET_FILE: file('secret', 'shh: + it is one\n'),
    GRANTLOG_TOKEN_AUDIENCE: 'https://audit.example',
  }
  const first = 'first-secret-token'
  gate.tokens = new Set([first])
  gate.next = { status: 400, body: { error: 'invalid_client', error_description: 'shh: + it' } }
  const { stderr } = await withService({ credentials: credentials(), env }, async ({ issuer }) => {
    await runGrants(issuer)
    await until(() => gate.forms.length > 3)
    gate.next = { status: 200, body: { access_token: first, token_type: 'Bearer', expires_in: 60 } }
    await until(() => sink.records().length >= all)
    // It is no longer taken: another one is asked for.
    gate.tokens = new Set(['second-secret-token'])
    const body = { access_token: 'second-secret-token', token_type: 'bearer', expires_in: 60 }
    gate.next = { status: 200, body }
    await runGrants(issuer)
    await until(() => sink.records().length >= all + expectedGrants.length)
  })
  const { authorization, form } = gate.forms[0]!
  expect(Object.fromEntries(new URLSearchParams(form))).toEqual({
    grant_type: 'client_credentials',
    scope: 'audit:write',
    resource: 'https://audit.example',
  })
  const [id, secret] = Buffer.from(authorization.slice(6), 'base64').toString().split(':')
  expect([id, secret]).toEqual(['a+client', 'shh%3A+%2B+it+is+one'])
  expect(stderr).toMatch(/TOKEN_UNAVAILABLE.*HTTP 400 invalid_client/)
  const told = everything(stderr)
  for (const secret of ['secret-token', 'shh', authorization.slice(6)]) {
    expect(told).not.toContain(secret)
  }
  // Start, stop, what was done twice, and none of ours.
  const names = sink.records().map(({ span }) => span.name)
  expect(names).toHaveLength(2 + 2 * expectedGrants.length)
})
