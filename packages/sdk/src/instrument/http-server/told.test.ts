import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, jest, test } from '@jest/globals'
import { lateToldMs } from '../../limits.ts'
import { tryInstrumentation } from '../../trial.ts'
import type { AnyFunction, Wrap } from '../defined/definition.ts'
import { serves } from '../defined/watch.ts'

type Moment = 'while it is done' | 'when it is done' | 'when it is answered'

/** What is recorded where the client leaves at that moment. */
async function left(type: string, moment: Moment): Promise<unknown[]> {
  const wrap = serves(() => ({ action: 'oauth.register', registeredClientId: 'x' }))
  const modules = [{ name: 'a-library', files: [], hooks: { register: wrap } }]
  const trial = tryInstrumentation({ name: 'a-library', modules })
  const begun = Promise.withResolvers<Socket>()
  const work = Promise.withResolvers<void>()
  const answering = Promise.withResolvers<void>()
  const { register } = trial.load<Record<string, AnyFunction>>('a-library', {
    register: async () => work.promise,
  })
  const server = createServer((asked, response) => {
    const answer = async (): Promise<void> => {
      const done = register!(asked)
      begun.resolve(asked.socket)
      await done
      await answering.promise
      response.writeHead(201).end()
    }
    void answer()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const asking = request({
    port,
    path: '/register',
    method: 'POST',
    headers: { 'content-type': type },
  })
  asking.on('error', () => undefined).end('{}')
  const socket = await begun.promise
  if (moment !== 'while it is done') work.resolve()
  if (moment === 'when it is answered') {
    answering.resolve()
    await once(asking, 'response')
  }
  const closed = once(socket, 'close')
  asking.destroy()
  await closed
  work.resolve()
  answering.resolve()
  while (trial.records.length === 0) await new Promise(setImmediate)
  server.close()
  await once(server, 'close')
  trial.disable()
  expect(trial.errors).toEqual([])
  return trial.records.map((one) => said.map((name) => one[name]))
}

const said = [
  ...['audit.action', 'audit.outcome', 'audit.target.id', 'error.type', 'http.request.method'],
  ...['url.template', 'http.response.status_code'],
]
/** It was done, which nobody has learned. */
const unanswered = ['oauth.register', 'success', 'x', 'ECONNRESET', 'POST', '/register', undefined]
const answered = ['oauth.register', 'success', 'x', undefined, 'POST', '/register', 201n]

test.each([
  ['application/json', 'while it is done'],
  ['application/json', 'when it is done'],
  ['application/json', 'when it is answered'],
  ['application/x-www-form-urlencoded', 'while it is done'],
  ['application/x-www-form-urlencoded', 'when it is done'],
] as const)('it is recorded once, though nobody waits: %s, %s', async (type, moment) => {
  expect(await left(type, moment)).toEqual([
    moment === 'when it is answered' ? answered : unanswered,
  ])
})

test('what is never done is recorded as failed in the end, and once', async () => {
  // Of the process only: those of Node itself go on.
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] })
  const wrap: Wrap = (original, seam) => (asked: unknown) => {
    const served = seam.servedOf(asked)
    seam.tellBegun({ action: 'oauth.register', registeredClientId: 'x', succeeded: false }, served)
    return original(asked) as unknown
  }
  const modules = [{ name: 'a-library', files: [], hooks: { register: wrap } }]
  const trial = tryInstrumentation({ name: 'a-library', modules })
  const { register } = trial.load<Record<string, AnyFunction>>('a-library', {
    register: () => undefined,
  })
  const begun = Promise.withResolvers<Socket>()
  const server = createServer((asked) => {
    register!(asked)
    begun.resolve(asked.socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const asking = request({ port, path: '/register', method: 'POST' })
  asking.on('error', () => undefined).end('{}')
  const socket = await begun.promise
  const closed = once(socket, 'close')
  asking.destroy()
  await closed
  expect(trial.records).toEqual([])
  jest.advanceTimersByTime(lateToldMs)
  const records = trial.records.map((one) => said.map((name) => one[name]))
  jest.useRealTimers()
  server.close()
  await once(server, 'close')
  trial.disable()
  expect(records).toEqual([
    ['oauth.register', 'failure', 'x', 'ECONNRESET', 'POST', '/register', undefined],
  ])
})
