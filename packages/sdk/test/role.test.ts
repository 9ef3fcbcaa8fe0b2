// Scenario: a service whose key is enrolled as a client alone is shown tokens by strangers.
// Guarantee: what the key may not sign is counted, told once, and sent to nobody, for the receiver
// would refuse it and hold up what comes behind; the stream has no holes.
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { jwk } from './fixtures/api-client.ts'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { startSink } from './fixtures/sink.ts'

async function showTokens(roles: readonly string[]) {
  const producer = newProducer()
  const sink = await startSink(producer)
  const credentials = producer.write(sink)
  const all = JSON.parse(readFileSync(credentials, 'utf8')) as object
  writeFileSync(credentials, JSON.stringify({ ...all, roles }))
  const env = { FRAMEWORK: 'http', JWK: jwk }
  const options = { credentials, entry: 'resource-server-import.mjs', env }
  const { stderr } = await withService(options, async ({ issuer }) => {
    const headers = { authorization: 'Bearer a-strangers-token' }
    for (let i = 0; i < 3; i++) await (await fetch(`${issuer}/free/1`, { headers })).text()
  })
  await sink.close()
  return { stderr, records: sink.records(), faults: sink.faults }
}

test('a role that the key is not enrolled for: counted and told, without a record', async () => {
  const { faults, records, stderr } = await showTokens(['client'])
  expect(faults).toEqual([])
  expect(records.map(({ sequence, span }) => [sequence, span.name])).toEqual([
    [0, 'audit.stream.start'],
    [1, 'audit.stream.stop'],
  ])
  expect(records.at(-1)!.attributes.get('audit.stream.dropped')).toBe(3n)
  expect(stderr.match(/grantlog: ROLE_NOT_ENROLLED: .*\[resource_server\]/g)).toHaveLength(1)
})

test('one that it is enrolled for', async () => {
  const { records, stderr } = await showTokens(['client', 'resource_server'])
  const actions = records.map(({ span }) => span.name)
  expect(actions.filter((name) => name === 'oauth.resource_access')).toHaveLength(3)
  expect(stderr).not.toContain('ROLE_NOT_ENROLLED')
})
