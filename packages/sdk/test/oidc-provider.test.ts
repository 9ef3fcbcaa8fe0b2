// Scenario: an untouched oidc-provider service, started with `node --import
// @grantlog/sdk/register`,
// lives through log-in, tokens, refresh, and attacks; a receiver checks everything and gives
// receipts.
// Guarantee: one signed record for each request in which somebody did something, with who, what,
// how it ended and why, in one stream without holes, and not one secret in any of it.
import { beforeAll, describe, expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { type Run, runLife } from './fixtures/client.ts'
import { newProducer } from './fixtures/credentials.ts'
import { expected } from './fixtures/expected.ts'
import { names } from './fixtures/words.ts'
import { type Sink, startSink, type StoredRecord } from './fixtures/sink.ts'

interface Life {
  readonly sink: Sink
  readonly run: Run
  readonly stderr: string
  readonly code: number | null
}

async function live(
  entry: 'server.mjs' | 'server.cjs',
  mount: string,
  flags: string[] = [],
): Promise<Life> {
  const producer = newProducer()
  const sink = await startSink(producer)
  const options = { credentials: producer.write(sink), entry, env: { MOUNT: mount }, flags }
  try {
    const {
      result: run,
      code,
      stderr,
    } = await withService(options, ({ issuer }) => runLife(issuer))
    return { sink, run, stderr, code }
  } finally {
    await sink.close()
  }
}

function tellOf(
  { attributes }: StoredRecord,
  like: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(Object.keys(like).map((key) => [key, attributes.get(names[key]!)]))
}

/** Records by action, a list; each action as often as the life has it. */
function countsOf(records: readonly StoredRecord[]): string {
  const counts = new Map<string, number>()
  for (const { span } of records) counts.set(span.name, (counts.get(span.name) ?? 0) + 1)
  return [...counts]
    .map(([action, count]) => `${action}=${count}`)
    .toSorted()
    .join(' ')
}

/** What OpenTelemetry asks users of ES modules to preload. */
const foreignHook =
  'data:text/javascript,import{register}from"node:module";' +
  'register("import-in-the-middle/hook.mjs","PACKAGE")'

describe.each([
  ['import', 'server.mjs', 'node', []],
  ['require() of an ES module', 'server.cjs', 'node', []],
  ['mounted in Express', 'server.mjs', 'express', []],
  ['mounted in Koa', 'server.mjs', 'koa', []],
  ["beside the application's own loader hook", 'server.mjs', 'node', ['--import', foreignHook]],
] as const)('%s', (...[, entry, mount, flags]) => {
  let life: Life
  beforeAll(async () => {
    const packageUrl = new URL('..', import.meta.url).href
    life = await live(
      entry,
      mount,
      flags.map((flag) => flag.replace('PACKAGE', packageUrl)),
    )
  })

  test('each request has its record, in order', () => {
    const records = life.sink.records().slice(1, -1)
    const told = records.map((record, i) => [
      expected[i]?.[0],
      tellOf(record, expected[i]?.[1] ?? {}),
    ])
    expect(told).toEqual(expected)
    expect(records).toHaveLength(expected.length)
  })

  test('the stream starts, stops, has no holes, and every batch checks', () => {
    const records = life.sink.records()
    expect(life.sink.faults).toEqual([])
    expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_record, i) => i))
    expect(new Set(records.map(({ instance }) => instance)).size).toBe(1)
    expect(records[0]?.span.name).toBe('audit.stream.start')
    expect(Object.fromEntries(records.at(-1)!.attributes)).toMatchObject({
      'audit.action': 'audit.stream.stop',
      'audit.stream.counts': countsOf(records),
      'audit.stream.dropped': 0n,
      // The authorization server sends two logout tokens to itself.
      'audit.stream.http_requests': BigInt(life.run.exchanges.length + 2),
    })
    life.sink.roots.reduce((root, batch) => (expect(batch.prevRoot).toBe(root), batch.root), '')
  })

  test('no secret left the process', () => {
    const bytes = Buffer.concat(life.sink.bodies).toString('latin1')
    expect(life.run.secrets.size).toBeGreaterThan(30)
    for (const secret of life.run.secrets) {
      expect(bytes.includes(secret)).toBe(false)
      expect(life.stderr.includes(secret)).toBe(false)
    }
  })

  test('the process ends by itself, without a notice', () => {
    expect(life.code).toBe(0)
    expect(life.stderr).not.toContain('grantlog')
  })
})

describe('what links records', () => {
  let life: Life
  let byLabel: Map<string, StoredRecord>
  beforeAll(async () => {
    life = await live('server.mjs', 'node')
    byLabel = new Map(
      life.sink
        .records()
        .slice(1, -1)
        .map((record, i) => [expected[i]![0], record]),
    )
  })

  const of = (label: string, name: string): unknown => byLabel.get(label)?.attributes.get(name)

  test('one grant from authorization to replay', () => {
    const grant = of('login, done', 'oauth.grant.id_hash')
    expect(grant).toMatch(/^p1\.[\w-]{22}$/)
    for (const label of ['token', 'refresh', 'code replay']) {
      expect(of(label, 'oauth.grant.id_hash')).toBe(grant)
    }
    expect(of('token 2', 'oauth.grant.id_hash')).toBe(of('again, done', 'oauth.grant.id_hash'))
    expect(of('token 2', 'oauth.grant.id_hash')).not.toBe(grant)
  })

  test('a refresh token from issue to reuse', () => {
    const issued = of('token 2', 'oauth.refresh.token_hash')
    expect(issued).toMatch(/^t1\.[\w-]{22}$/)
    expect(of('refresh 2', 'oauth.refresh.presented_hash')).toBe(issued)
    expect(of('refresh reuse', 'oauth.refresh.presented_hash')).toBe(issued)
  })

  test('one user and one session, named in their slots', () => {
    for (const label of ['login, done', 'token', 'refresh', 'denied, done']) {
      expect(of(label, 'user.id')).toBe('ada')
      expect(of(label, 'session.id')).toBe(of('token', 'session.id'))
      expect(of(label, 'audit.slot.user.salt')).toMatch(/^[\w-]{22}$/)
    }
    expect(of('client credentials', 'user.id')).toBeUndefined()
  })
})

test("a record hangs under the caller's span", async () => {
  const producer = newProducer()
  const sink = await startSink(producer)
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  await withService({ credentials: producer.write(sink) }, ({ issuer }) =>
    fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    }),
  )
  await sink.close()
  const record = sink.records().find(({ span }) => span.name === 'oauth.token')
  expect(record?.span).toMatchObject({ traceId: trace, parentSpanId: '00f067aa0ba902b7', kind: 2 })
})
