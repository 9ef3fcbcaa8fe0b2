// Scenario: an API on Node alone, Express and Fastify says how many rows its answers have, by
// Content-Range (RFC 9110 section 14.4), by auditRows, or by both, which then differ.
// Guarantee: the record of each answer has what the application said, else what the header says,
// else nothing, also where responses wait for their records; the answers are the same as without
// the SDK, in which auditRows does nothing.
import { describe, expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { policyFile } from './fixtures/policies.ts'
import { startSink } from './fixtures/sink.ts'

/** Rows by path, in the order of the calls. */
const expected: Readonly<Record<string, bigint | undefined>> = {
  '/silent': undefined,
  '/ranged': 25n,
  '/postgrest': 2n,
  '/bytes': undefined,
  '/wrong': undefined,
  '/said': 7n,
  '/both': 7n,
  '/none': 0n,
  '/nonsense': 25n,
  '/import': 12n,
}

type Answer = readonly [path: string, status: number, headers: object, body: string]

async function answerOf(issuer: string, path: string): Promise<Answer> {
  const post = { method: 'POST', body: '12' }
  const headers = { authorization: 'Bearer made-up', 'content-type': 'text/plain' }
  const response = await fetch(issuer + path, { headers, ...(path === '/import' && post) })
  const told = [...response.headers].filter(([name]) => name !== 'date')
  return [path, response.status, Object.fromEntries(told), await response.text()]
}

async function live(
  credentials: string | null,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly result: readonly Answer[]; readonly stderr: string }> {
  return withService({ credentials, entry: 'rows-api.mjs', env }, async ({ issuer }) => {
    const answers: Answer[] = []
    for (const path of Object.keys(expected)) answers.push(await answerOf(issuer, path))
    return answers
  })
}

describe.each<[string, Readonly<Record<string, string>>]>([
  ['http', {}],
  ['express', {}],
  ['fastify', {}],
  ['express', { GRANTLOG_POLICY: policyFile({ guarantee: 'spooled' }) }],
])('%s %j', (framework, more) => {
  test('rows of answers', async () => {
    const env = { FRAMEWORK: framework, ...more }
    const producer = newProducer()
    const sink = await startSink(producer)
    try {
      const audited = await live(producer.write(sink), env)
      const accesses = sink.records().filter(({ span }) => span.name === 'oauth.resource_access')
      const rows = accesses.map(({ attributes }) => [
        attributes.get('url.template') ?? attributes.get('http.route'),
        attributes.get('audit.response.rows'),
      ])
      expect(rows).toEqual(Object.entries(expected))
      expect(sink.faults).toEqual([])
      expect(audited).toEqual(await live(null, env))
    } finally {
      await sink.close()
    }
  })
})
