// Scenario: applications that have a meter provider, with a real reader of OpenTelemetry's SDK: an
// authorization server, and a client with its API and a key set that is fetched.
// Guarantee: it gets the metrics of README.md with the dimensions told there, and no token, user or
// client among them; the client only where that was asked for.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { OAUTH_METRICS } from '../src/metrics/oauth-table.ts'
import { runScript, withService } from './fixtures/child.ts'
import { runGrants } from './fixtures/client.ts'
import { newProducer } from './fixtures/credentials.ts'
import { startSink } from './fixtures/sink.ts'

interface Metric {
  readonly unit: string
  readonly type: string
  readonly points: readonly { readonly attributes: object; readonly value: unknown }[]
}

type Told = Readonly<Record<string, Metric>>

/** Each point in a line, with how many it counts. */
function linesOf({ points }: Metric): string[] {
  return points
    .map(({ attributes, value }) => {
      const count = typeof value === 'number' ? value : (value as { count: number }).count
      return `${count} ${Object.values(attributes).join(' ')}`
    })
    .toSorted()
}

const preload = ['@grantlog/sdk/register', './meters.mjs']

async function metersOf(
  run: (credentials: string, env: object) => Promise<unknown>,
): Promise<Told> {
  const producer = newProducer()
  const sink = await startSink(producer)
  const credentials = producer.write(sink)
  const METERS = join(credentials, '..', 'meters.json')
  await run(credentials, { METERS })
  await sink.close()
  return JSON.parse(readFileSync(METERS, 'utf8')) as Told
}

const service = (env: Record<string, string>): Promise<Told> =>
  metersOf((credentials, more) =>
    withService(
      { credentials, entry: 'server.mjs', preload, env: { ...env, ...more } },
      ({ issuer }) => runGrants(issuer),
    ),
  )

test('an authorization server: how long, by grant type, and what it issued', async () => {
  const told = await service({})
  const durations = linesOf(told['oauth.server.request.duration']!)
  expect(durations).toEqual(
    expect.arrayContaining([
      '2 oauth.token authorization_code success',
      '2 oauth.token refresh_token success',
      '1 oauth.token refresh_token failure refresh_reused',
      '1 oauth.token authorization_code failure code_replayed',
      '1 oauth.token client_credentials success',
      '1 oauth.authorize denied access_denied',
    ]),
  )
  expect(linesOf(told['oauth.server.tokens.issued']!)).toEqual([
    '1 access_token client_credentials none',
    '2 access_token authorization_code none',
    '2 access_token refresh_token none',
    '2 id_token authorization_code',
    '2 id_token refresh_token',
    '2 refresh_token authorization_code',
    '2 refresh_token refresh_token',
  ])
  expect(JSON.stringify(told)).not.toContain('oauth.client.id')
})

test('with clients, where that was asked for', async () => {
  const told = await service({ GRANTLOG_METRICS_BY_CLIENT: '1' })
  const lines = linesOf(told['oauth.server.tokens.issued']!)
  expect(lines).toContain('1 access_token client_credentials none worker')
  expect(lines).toContain('2 access_token refresh_token none web')
})

test('a client, its API and the key set', async () => {
  const told = await metersOf((credentials, more) =>
    runScript({
      ...{ credentials, script: 'metered-api.mjs', preload },
      env: more as Record<string, string>,
    }),
  )
  expect(linesOf(told['oauth.client.request.duration']!)).toEqual([
    '1 oauth.token client_credentials failure scope_not_allowed 127.0.0.1',
    '1 oauth.token client_credentials success 127.0.0.1',
  ])
  expect(linesOf(told['oauth.resource.validation.duration']!)).toEqual([
    '1 jose failure audience_mismatch',
    '1 jose failure key_unknown',
    '2 jose success',
  ])
  expect(linesOf(told['oauth.jwks.cache.requests']!)).toEqual([
    '1 false cold',
    '1 false unknown_kid',
    '2 true',
  ])
  expect(linesOf(told['oauth.jwks.fetch.duration']!)).toEqual(['2 success'])
})

test('README.md has a row for each', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  for (const [name, { dimensions, unit }] of Object.entries(OAUTH_METRICS)) {
    const told = dimensions.map((dimension) => `\`${dimension}\``).join(', ')
    expect(readme).toContain(`| \`${name}\` | \`${unit}\` | ${told} |`)
  }
})
