// Guarantee: a receiver without its console has metrics on its admin port and pushes them where it
// is told to, never to itself and never where only the environment says so; each line of its log is
// JSON with a code of LOG.md.
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { LOG_CODES, type LogCodeText } from '@grantlog/receiver'
import { CLI_LOG_CODES } from '../src/log-codes.ts'
import { errorIn, grantlog, start, temporaryFolder } from './command.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

function newData(): string {
  const { folder, remove } = temporaryFolder()
  cleanUps.push(remove)
  return join(folder, 'data')
}

interface Pushed {
  readonly path: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

async function startEndpoint(): Promise<{ url: string; pushed: Pushed[] }> {
  const pushed: Pushed[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { headers, url: path } = request
      pushed.push({ path, headers, body: Buffer.concat(chunks).toString('latin1') })
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pushed }
}

const ports = ['--port', '0', '--admin-port', '0', '--no-console', '--json']

test('metrics of the port, and pushed at the end; every line is of the table', async () => {
  const { pushed, url } = await startEndpoint()
  const flags = ['--data', newData(), ...ports, '--metrics-otlp', `${url}/v1/metrics`]
  const headers = { OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'authorization=Bearer%20of-metrics' }
  const receiver = start(['receiver', ...flags], headers)
  const { adminPort, otlpPort } = await receiver.event('READY')
  const body = Buffer.from('nothing')
  await fetch(`http://127.0.0.1:${String(otlpPort)}/v1/traces`, { method: 'POST', body })
  const text = await (await fetch(`http://127.0.0.1:${String(adminPort)}/metrics`)).text()
  expect(text).toMatch(/^grantlog_receiver_ready 1$/m)
  expect(text).toMatch(/^grantlog_receiver_requests_refused_total\{error_type="\w+"\} 1$/m)
  receiver.kill('SIGTERM')
  const { code, stderr, stdout } = await receiver.ended
  expect([code, stderr]).toEqual([0, ''])
  expect(pushed).toHaveLength(1)
  expect(pushed[0]).toMatchObject({
    path: '/v1/metrics',
    headers: {
      authorization: 'Bearer of-metrics',
      'content-type': 'application/x-protobuf',
    },
  })
  expect(pushed[0]!.body).toContain('grantlog.receiver.requests.refused')
  const codes = new Map<string, LogCodeText>(Object.entries({ ...LOG_CODES, ...CLI_LOG_CODES }))
  for (const line of stdout.trimEnd().split('\n')) {
    const { code, level, time } = JSON.parse(line) as Record<'code' | 'level' | 'time', string>
    expect(codes.get(code)?.levels).toContain(level)
    expect(new Date(time).toISOString()).toBe(time)
  }
})

test('where only the environment says so nothing is pushed', async () => {
  const { pushed, url } = await startEndpoint()
  const receiver = start(['receiver', '--data', newData(), ...ports], {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${url}/v1/metrics`,
  })
  await receiver.event('READY')
  receiver.kill('SIGTERM')
  expect((await receiver.ended).code).toBe(0)
  expect(pushed).toEqual([])
})

test('to ourselves nothing is pushed: the start says why', async () => {
  const ours = ['--port', '21318', '--admin-port', '21319', '--grpc-port', 'off']
  const flags = [...ours, '--no-console', '--json']
  const url = 'http://localhost:21318/v1/metrics'
  const result = await grantlog(['receiver', '--data', newData(), ...flags, '--metrics-otlp', url])
  expect(result.code).toBe(1)
  expect(errorIn(result).code).toBe('RECEIVER_METRICS_TO_OURSELVES')
})
