// Scenario: a service traces its requests with OpenTelemetry, sampled or not, and answers from a
// span deep within.
// Guarantee: a record hangs under the span of its request, as the service's own instrumentation
// made it.
import { describe, expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { startSink, type StoredRecord } from './fixtures/sink.ts'
import { newIssuer } from './fixtures/tokens.ts'

const { jwk, token } = newIssuer()
const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }

interface Ids {
  readonly traceId: string
  readonly spanId: string
}

async function ask(env: Record<string, string>, path: string): Promise<[StoredRecord, Ids]> {
  const producer = newProducer()
  const sink = await startSink(producer)
  const credentials = producer.write(sink)
  const options = { credentials, entry: 'traced.mjs', env: { JWK: jwk, ...env } }
  const { result } = await withService(options, async ({ issuer }) => {
    const traceparent = `00-${caller.traceId}-${caller.spanId}-01`
    const headers = { authorization: `Bearer ${token()}`, traceparent }
    return (await (await fetch(issuer + path, { headers })).json()) as Ids
  })
  await sink.close()
  const records = sink.records().filter(({ span }) => span.name === 'oauth.resource_access')
  expect(records).toHaveLength(1)
  return [records[0]!, result]
}

describe.each([
  ['sampled', {}],
  ['not sampled', { OTEL_TRACES_SAMPLER: 'always_off' }],
])('a request that is traced, %s', (_, env) => {
  test.each(['/validated', '/free'])('%s', async (path) => {
    const [{ span }, ids] = await ask(env, path)
    expect(ids.traceId).toBe(caller.traceId)
    expect(ids.spanId).not.toBe(caller.spanId)
    expect([span.traceId, span.parentSpanId]).toEqual([ids.traceId, ids.spanId])
  })
})
