// Guarantee: who sends again what was not kept is told so; only what is malformed is not to come
// again.
import { afterEach, expect, test } from '@jest/globals'
import { RecordError } from '@grantlog/record'
import { ObserveError } from '../codes.ts'
import { listenForSpans } from './spans-server.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function statusOf(take: () => 200 | 503, headers: Record<string, string> = {}) {
  const authorization = 'Bearer token-of-a-test'
  const server = await listenForSpans({ host: '127.0.0.1', port: 0, authorization, take })
  closing.push(server.close)
  const { status } = await fetch(`http://127.0.0.1:${server.port}/v1/traces`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-protobuf', ...headers },
    body: Uint8Array.of(1),
  })
  return status
}

const throwing = (error: Error) => (): never => {
  throw error
}

test.each<[string, () => 200 | 503, number]>([
  ['what is kept', () => 200, 200],
  ['what has no room', () => 503, 503],
  ['what is malformed', throwing(new RecordError('OTLP_MALFORMED', 'x')), 400],
  ['what a disk does not take', throwing(new ObserveError('OBSERVE_DISK_FAILING', 'x')), 503],
  ['what fails otherwise', throwing(new TypeError('x')), 503],
])('%s', async (_, take, status) => {
  expect(await statusOf(take)).toBe(status)
})

test('what does not unzip is malformed', async () => {
  expect(await statusOf(() => 200, { 'content-encoding': 'gzip' })).toBe(400)
})
