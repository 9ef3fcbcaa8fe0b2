// Scenario: a real Hydra that sends its traces to the adapter, which is killed in between; a real
// receiver. Guarantee: what it sent is a record once; and, as README.md says, a caller whose trace
// is not sampled leaves none.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect } from '@jest/globals'
import { startReceiverProcess } from '../crash/receiver-process.ts'
import { startHydra } from './issuers.ts'
import { peerTest } from './peer-test.ts'
import { freeAddresses } from './peers.ts'
import { auditedAt } from './world.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const run = promisify(execFile)
const token = 'token-of-a-test-hydra'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

peerTest('Ory Hydra, observed', ['hydra'], async () => {
  const root = await mkdtemp(join(tmpdir(), 'grantlog-observed-'))
  cleanUps.push(() => rm(root, { recursive: true, force: true }))
  const data = join(root, 'data')
  const receiver = await startReceiverProcess(data)
  cleanUps.push(() => receiver.stop())
  const [address] = await freeAddresses(1)
  const credentials = join(root, 'observer.json')
  const key = ['--service', 'hydra-adapter', '--role', 'observer', '--endpoint', receiver.endpoint]
  await run(process.execPath, [main, 'keys', 'new', '--data', data, ...key, '--out', credentials])
  await writeFile(join(root, 'token'), token)

  const adapter = async (issuer: string): Promise<(signal: NodeJS.Signals) => Promise<void>> => {
    const args = [
      ...[
        main,
        'observe',
        'hydra',
        '--json',
        '--issuer',
        issuer,
        '--port',
        address!.split(':')[1]!,
      ],
      ...['--token-file', join(root, 'token'), '--credentials', credentials],
      ...['--state', join(root, 'state')],
    ]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const exited = once(child, 'exit')
    for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
      if (String(chunk).includes('OBSERVE_LISTENING')) break
    }
    child.stderr.resume()
    return async (signal) => {
      child.kill(signal)
      await exited
    }
  }
  const observed = async (): Promise<string[]> =>
    (await auditedAt(data).records())
      .filter(({ attributes }) => attributes.get('audit.observed.by') === 'hydra')
      .map(({ attributes }) =>
        ['audit.observed.event', 'audit.action', 'audit.outcome', 'oauth.client.id']
          .map((name) => attributes.get(name) ?? '-')
          .join(' '),
      )
  const until = async (count: number): Promise<string[]> => {
    for (;;) {
      const found = await observed()
      if (found.length >= count) return found
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  const issuer = 'http://hydra.example'
  const first = await adapter(issuer)
  const hydra = await startHydra({
    TRACING_PROVIDER: 'otel',
    TRACING_PROVIDERS_OTLP_SERVER_URL: address!,
    TRACING_PROVIDERS_OTLP_INSECURE: 'true',
    TRACING_PROVIDERS_OTLP_AUTHORIZATION_HEADER: `Bearer ${token}`,
    TRACING_PROVIDERS_OTLP_SAMPLING_SAMPLING_RATIO: '1',
  })
  cleanUps.push(() => hydra.stop())
  // Both clients are registered by the start.
  await hydra.token('sender')
  await until(3)
  await first('SIGKILL')
  const second = await adapter(issuer)
  cleanUps.push(() => second('SIGTERM'))
  const unsampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'nobody' })
  const ask = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${hydra.issuer}/oauth2/token`, { method: 'POST', body: form, headers })
  await ask({ traceparent: unsampled })
  await ask({})
  await hydra.token('stranger')
  const all = await until(5)
  expect(all.toSorted()).toEqual([
    'OAuth2AccessTokenIssued oauth.token success sender',
    'OAuth2AccessTokenIssued oauth.token success stranger',
    'OAuth2ClientCreated oauth.register success sender',
    'OAuth2ClientCreated oauth.register success stranger',
    'OAuth2TokenExchangeError oauth.token failure -',
  ])
  // Without the token nobody makes records.
  const foreign = await fetch(`http://${address}/v1/traces`, { method: 'POST', body: 'x' })
  expect(foreign.status).toBe(401)
})
