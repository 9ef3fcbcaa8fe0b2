// Scenario: services ask an authorization server by each client library, loaded by import and by
// require; it grants, refuses, or cannot be reached.
// Guarantee: each call has one record of the client, whatever it uses beneath; what came from a
// cache counts as no issue; calls end as they do without the SDK, and no secret leaves.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { runScript } from './fixtures/child.ts'
import { type ClientSite, startClientSite } from './fixtures/client-site.ts'
import { expectedCalls } from './fixtures/clients/expected.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink } from './fixtures/sink.ts'

let site: ClientSite
beforeAll(async () => {
  site = await startClientSite()
})
afterAll(() => site.close())

/** What a record says, in one line. */
function saying(attributes: ReadonlyMap<string, unknown>): string {
  const get = (name: string): unknown => attributes.get(name)
  const issued = get('oauth.token.issued')
  return [
    ...[get('oauth.library.name'), get('audit.action'), get('audit.outcome')],
    ...[get('oauth.error.reason'), get('oauth.grant.type'), get('oauth.client.id')],
    ...[get('oauth.client.auth.method'), get('user.id'), get('oauth.scope.granted')],
    get('oauth.token.cache_hit') === true ? 'cached' : null,
    typeof issued === 'string' ? `+${issued}` : null,
    get('oauth.posture') === 'no_pkce' ? 'no_pkce' : null,
  ]
    .filter((one) => typeof one === 'string')
    .join(' ')
    .replace(/ [\da-f]{8}-[\da-f-]{27}/, ' RANDOM')
}

interface Life {
  readonly ends: unknown
  readonly stderr: string
  readonly code: number | null
  readonly sink: Sink | null
}

async function live(client: string, loading: string, isAudited: boolean): Promise<Life> {
  const producer = newProducer()
  const sink = isAudited ? await startSink(producer) : null
  const env = { CLIENT: client, LOADING: loading, SITE: site.url }
  try {
    const credentials = sink && producer.write(sink)
    const ended = await runScript({ credentials, script: 'clients/start.mjs', env })
    return { ...ended, ends: ended.stdout && (JSON.parse(ended.stdout) as unknown), sink }
  } finally {
    await sink?.close()
  }
}

const lives = Object.keys(expectedCalls).flatMap((name) =>
  ['import', 'require'].map((loading) => ({ name, loading })),
)

describe.each(lives)('$name, by $loading', ({ name, loading }) => {
  let life: Life
  beforeAll(async () => {
    life = await live(name, loading, true)
  })

  test('each call has its record', () => {
    const records = life.sink!.records().filter(({ span }) => span.name.startsWith('oauth.'))
    expect(life.stderr).toBe('')
    expect(records.map(({ attributes }) => saying(attributes))).toEqual(expectedCalls[name])
    expect(records.every(({ attributes }) => attributes.get('oauth.role') === 'client')).toBe(true)
  })

  test('no secret leaves', () => {
    const bytes = Buffer.concat(life.sink!.bodies).toString('latin1')
    expect(bytes).not.toContain('S3cret')
    expect([life.code, life.sink!.faults]).toEqual([0, []])
  })

  test('calls end as without the SDK', async () => {
    const plain = await live(name, loading, false)
    expect(life.ends).toEqual(plain.ends)
  })
})
