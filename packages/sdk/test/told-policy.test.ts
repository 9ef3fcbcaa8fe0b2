// Scenario: the receiver has a policy; a service starts without one, and once more while the
// receiver says nothing of it, and with a policy of its own.
// Guarantee: the receiver's policy comes into force without a restart, guarantees included, and is
// in force from the first record of the next process on; a file that the operator names goes first.
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { builtInPolicy, readPolicy } from '@grantlog/record'
import { sha256 } from '../src/sha256.ts'
import { jwk, runCalls } from './fixtures/api-client.ts'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { policyFile } from './fixtures/policies.ts'
import { type Sink, startSink } from './fixtures/sink.ts'

const document = {
  format: 'grantlog-policy-v1',
  routes: [{ methods: ['GET'], route: '/orders/:id', scopes: ['orders:all'] }],
  guarantee: 'blocking',
}
const hashOf = (policy: object): string => readPolicy(JSON.stringify(policy), sha256).hash
const told = hashOf(document)

let current: object | undefined
let sink: Sink
let credentials: string
const state = mkdtempSync(join(tmpdir(), 'grantlog-state-'))

beforeAll(async () => {
  const producer = newProducer()
  sink = await startSink({ ...producer, policy: () => current })
  credentials = producer.write(sink)
})
afterAll(() => sink.close())

/** Runs the API with its calls; the records of this process, and what it said. */
async function live(env: Record<string, string>, isReady: () => boolean) {
  const before = new Set(sink.records().map(({ instance }) => instance))
  const service = {
    ...{ credentials, entry: 'resource-server-import.mjs' },
    env: { FRAMEWORK: 'http', JWK: jwk, ...env },
  }
  const { stderr } = await withService(service, async ({ issuer }) => {
    for (let tries = 0; !isReady() && tries < 1000; tries++) await wait(20)
    await runCalls(issuer)
  })
  const records = sink.records().filter(({ instance }) => !before.has(instance))
  const calls = records.filter(({ span }) => span.name === 'oauth.resource_access')
  const hashes = (of: typeof records): unknown[] => [
    ...new Set(of.map(({ attributes }) => attributes.get('audit.policy.hash'))),
  ]
  return { stderr, records, calls, hashes }
}

test('what the receiver tells is in force for the next request', async () => {
  current = document
  const isTold = (): boolean => existsSync(join(state, 'told'))
  const { calls, hashes, records, stderr } = await live({ GRANTLOG_STATE: state }, isTold)
  expect(stderr).toContain(`POLICY_CHANGED: `)
  expect(hashes(records.slice(0, 1))).toEqual([builtInPolicy(sha256).hash])
  expect(hashes(calls)).toEqual([told])
  expect(calls.every(({ attributes }) => attributes.get('audit.guarantee') === 'blocking')).toBe(
    true,
  )
  const required = calls.map(({ attributes }) => attributes.get('oauth.scope.required'))
  expect(required).toContain('orders:all')
})

test('the next process has it from its first record on, whatever the receiver says', async () => {
  current = undefined
  const { hashes, records, stderr } = await live({ GRANTLOG_STATE: state }, () => true)
  expect(stderr).not.toContain('POLICY')
  expect(hashes(records)).toEqual([told])
})

test('the file that GRANTLOG_POLICY names is in force, and the other is told of', async () => {
  current = document
  const own = { format: 'grantlog-policy-v1', queryValues: ['q'] }
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-state-'))
  const env = { GRANTLOG_STATE: folder, GRANTLOG_POLICY: policyFile(own) }
  const isTold = (): boolean => existsSync(join(folder, 'told'))
  const { hashes, records, stderr } = await live(env, isTold)
  expect(stderr).toContain('POLICY_LOCAL')
  expect(hashes(records)).toEqual([hashOf(own)])
})
