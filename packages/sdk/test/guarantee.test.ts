// Scenario: an API on each framework and an authorization server, untouched, live their lives under
// a policy that asks for a guarantee of every response.
// Guarantee: each response begins after its records are safe, and is the same to the byte as
// without the SDK; the records are the same, too, and say which guarantee they had.
import { beforeAll, describe, expect, test } from '@jest/globals'
import { type Calls, jwk, runCalls } from './fixtures/api-client.ts'
import { withService } from './fixtures/child.ts'
import { runLife } from './fixtures/client.ts'
import { newProducer } from './fixtures/credentials.ts'
import { expected } from './fixtures/expected.ts'
import { policyFile } from './fixtures/policies.ts'
import { type Shape, shapeOf } from './fixtures/shape.ts'
import { type Sink, startSink } from './fixtures/sink.ts'

const GRANTLOG_POLICY = policyFile({ guarantee: 'blocking' })

/** Calls that make no record. */
const unrecorded = new Set(['open'])

interface Life {
  readonly calls: Calls
  /** Records that had a receipt when a response began. */
  readonly safe: ReadonlyMap<string, number>
  readonly stderr: string
}

async function live(framework: string, sink: Sink | null, credentials: string | null) {
  const entry = 'resource-server-import.mjs'
  const env = { FRAMEWORK: framework, JWK: jwk, GRANTLOG_POLICY }
  const safe = new Map<string, number>()
  const { result, stderr } = await withService({ credentials, entry, env }, ({ issuer }) =>
    runCalls(issuer, (label) => safe.set(label, accessesIn(sink))),
  )
  return { calls: result, safe, stderr }
}

function accessesIn(sink: Sink | null): number {
  return sink?.records().filter(({ span }) => span.name === 'oauth.resource_access').length ?? 0
}

describe.each(['http', 'express', 'fastify', 'koa', 'hono', 'nest'])(
  'an API on %s',
  (framework) => {
    let plain: Life
    let audited: Life
    let sink: Sink
    beforeAll(async () => {
      const producer = newProducer()
      sink = await startSink(producer)
      plain = await live(framework, null, null)
      audited = await live(framework, sink, producer.write(sink))
      await sink.close()
    })

    test('answers the same', () => {
      expect(audited.calls.exchanges.map(shapeOf)).toEqual(plain.calls.exchanges.map(shapeOf))
      expect(audited.stderr).toBe(plain.stderr)
    })

    test('answers when the record is safe', () => {
      let records = 0
      const wanted = [...audited.safe.keys()].map((label) => [
        label,
        unrecorded.has(label) ? records : ++records,
      ])
      expect([...audited.safe]).toEqual(wanted)
    })

    test('has records that say it', () => {
      expect(sink.faults).toEqual([])
      const accesses = sink.records().filter(({ span }) => span.name === 'oauth.resource_access')
      expect(accesses).toHaveLength(audited.calls.exchanges.length - unrecorded.size)
      for (const { attributes } of accesses)
        expect(attributes.get('audit.guarantee')).toBe('blocking')
    })
  },
)

describe.each([
  ['node', 'blocking'],
  ['express', 'blocking'],
  ['koa', 'blocking'],
  ['node', 'spooled'],
])('an authorization server in %s, %s', (mount, guarantee) => {
  async function serve(credentials: string | null): Promise<{ shapes: Shape[]; stderr: string }> {
    const env = { MOUNT: mount, GRANTLOG_POLICY: policyFile({ guarantee }) }
    const { result, stderr } = await withService({ credentials, env }, ({ issuer }) =>
      runLife(issuer),
    )
    return { shapes: result.exchanges.map(shapeOf), stderr }
  }

  test('answers the same, and all its records say it', async () => {
    const producer = newProducer()
    const sink = await startSink(producer)
    const plain = await serve(null)
    const audited = await serve(producer.write(sink))
    await sink.close()
    expect(audited).toEqual(plain)
    expect(sink.faults).toEqual([])
    const records = sink.records().filter(({ span }) => span.name.startsWith('oauth.'))
    expect(records.map(({ span }) => span.name)).toHaveLength(expected.length)
    const others = records.filter(
      ({ attributes }) => attributes.get('audit.guarantee') !== guarantee,
    )
    expect(others.map(({ span }) => span.name)).toEqual([])
  })
})
