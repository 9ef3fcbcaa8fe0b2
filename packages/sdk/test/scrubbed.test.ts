// Scenario: an authorization server that is also a client, traced by OpenTelemetry's
// instrumentations of HTTP, lives twice through log-ins and tokens; codes, states, tokens and hints
// travel in its queries and paths as they do in reality.
// Guarantee: by register-with-traces none of these secrets reaches a backend, although dozens of
// spans with URLs do. What is lost without it is shown by the same life traced by an SDK alone.
import { beforeAll, describe, expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { Browser, headerOf } from './fixtures/browser.ts'
import { type Run, runGrants } from './fixtures/client.ts'
import { startCollector } from './fixtures/collector.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type OtlpSpan, spansIn, textOf } from './fixtures/otlp.ts'
import { startSink } from './fixtures/sink.ts'

interface Life {
  readonly secrets: readonly string[]
  readonly bodies: readonly Buffer[]
  readonly spans: readonly OtlpSpan[]
}

/** The ids of interactions: whoever has one, and a cookie, goes on in the place of the user. */
function interactionsIn({ exchanges }: Run): string[] {
  const paths = exchanges.map((exchange) => headerOf(exchange, 'location'))
  return paths.flatMap((path) => /\/(?:interaction|auth)\/([\w-]+)/.exec(path)?.[1] ?? [])
}

/** What runGrants leaves out: secrets in queries that a server gets, and that a client sends. */
async function sendMore(issuer: string, run: Run): Promise<void> {
  const browser = new Browser(issuer)
  const secrets = [...run.secrets].filter((secret) => /^[\w.-]{16,}$/.test(secret))
  const hint = secrets.find((secret) => secret.startsWith('eyJ')) ?? ''
  for (const secret of secrets) {
    // In a path nothing but its form gives a secret away.
    const segment = [/[a-z]/, /[A-Z]/, /\d/].every((one) => one.test(secret)) ? secret : ''
    const response = new URLSearchParams({ iss: issuer, code: secret, state: secret })
    const next = new URLSearchParams({ next: `${issuer}/callback?${response}` })
    for (const url of [
      `callback?${response}`,
      `callback/${segment}`,
      `login?${next}`,
      `me?access_token=${secret}`,
      `session/end?id_token_hint=${hint}&state=${secret}`,
      `call?access_token=${secret}&code=${secret}`,
    ]) {
      await browser.send({ label: url, url })
    }
  }
  browser.close()
}

/** Lives through it all; gives what the receiver got. */
async function live(preload: readonly string[], env: Record<string, string> = {}): Promise<Life> {
  const producer = newProducer()
  const sink = await startSink(producer)
  const credentials = producer.write(sink)
  const options = { credentials, preload, entry: 'own-server.mjs', env } as const
  const { result: secrets } = await withService(options, async ({ issuer }) => {
    const runs = [await runGrants(issuer), await runGrants(issuer)]
    for (const run of runs) await sendMore(issuer, run)
    return runs.flatMap((run) => [...run.secrets, ...interactionsIn(run)])
  }).finally(() => void sink.close())
  return { secrets, bodies: sink.bodies, spans: sink.passedThrough.flatMap(spansIn) }
}

/** The secrets that can be found in what was sent. */
function secretsIn({ bodies, secrets }: Life): string[] {
  const bytes = Buffer.concat(bodies).toString('latin1')
  return secrets.filter((secret) => bytes.includes(secret))
}

const queriesIn = ({ spans }: Life): string[] =>
  spans.flatMap((span) => [textOf(span, 'url.query'), textOf(span, 'url.full')])

const known = ['/auth/REDACTED', '/interaction/REDACTED', '/callback/REDACTED', '/token', '/me']
const names = ['code', 'state', 'access_token', 'id_token_hint']

describe('traced by register-with-traces', () => {
  let life: Life
  beforeAll(async () => {
    life = await live(['@grantlog/sdk/register-with-traces'])
  })

  test('no secret reaches the backend', () => {
    expect(life.secrets.length).toBeGreaterThan(60)
    expect(secretsIn(life)).toEqual([])
  })

  test.each(names)('%s is there, and is redacted', (name) => {
    const parameter = new RegExp(`(?<=[?&]|^)${name}=([^&#]*)`, 'g')
    const values = queriesIn(life).flatMap((query) => [...query.matchAll(parameter)])
    expect(values.length).toBeGreaterThan(12)
    expect(new Set(values.map(([, value]) => value))).toEqual(new Set(['REDACTED']))
  })

  test('spans of servers and clients, by http and by fetch, with all else they say', () => {
    const { spans } = life
    for (const scope of ['http', 'undici']) {
      const found = spans.filter(({ scope: name }) => name.endsWith(`instrumentation-${scope}`))
      expect(found.length).toBeGreaterThan(36)
    }
    const paths = new Set(spans.map((span) => textOf(span, 'url.path')))
    expect([...paths]).toEqual(expect.arrayContaining(known))
    expect([...paths].filter((path) => /[\w-]{16}/.test(path))).toEqual([])
    const scopes = queriesIn(life).filter((query) => query.includes('scope=openid+orders'))
    expect(scopes).not.toEqual([])
    const nested = queriesIn(life).filter((query) => query.includes('next=http%3A%2F%2F127.0.0.1'))
    expect(nested).not.toEqual([])
    for (const query of nested) expect(query).toContain('code%3DREDACTED%26state%3DREDACTED')
  })
})

test('without it they would: the same life, traced by an SDK alone', async () => {
  const collector = await startCollector()
  const env = { OWN_ENDPOINT: collector.endpoint, OTEL_METRICS_EXPORTER: 'none' }
  const { secrets } = await live(['./own-tracing.mjs'], env).finally(() => void collector.close())
  const life = { secrets, bodies: collector.bodies, spans: collector.spans }
  expect(secretsIn(life).length).toBeGreaterThan(60)
  expect(queriesIn(life).join('\n')).not.toContain('REDACTED')
})
