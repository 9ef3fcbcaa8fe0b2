import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { tryInstrumentation } from '../../trial.ts'
import type { AnyFunction } from '../defined/definition.ts'
import { serves } from '../defined/watch.ts'

/** What is recorded where the client leaves while it is registered, or a moment after that. */
async function left(type: string, afterMs: number): Promise<unknown[]> {
  const wrap = serves(() => ({ action: 'oauth.register', registeredClientId: 'x' }))
  const modules = [{ name: 'a-library', files: [], hooks: { register: wrap } }]
  const trial = tryInstrumentation({ name: 'a-library', modules })
  const { register } = trial.load<Record<string, AnyFunction>>('a-library', {
    register: async () => wait(40),
  })
  const server = createServer((asked, response) => {
    const answer = async (): Promise<void> => {
      await register!(asked)
      await wait(40)
      response.writeHead(201).end()
    }
    void answer()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const asking = request({ port, method: 'POST', headers: { 'content-type': type } })
  asking.on('error', () => undefined).end('{}')
  await wait(afterMs)
  asking.destroy()
  await wait(150)
  server.closeAllConnections()
  server.close()
  trial.disable()
  expect(trial.errors).toEqual([])
  return trial.records.map((one) => [one['audit.action'], one['audit.target.id']])
}

test.each([
  ['application/json', 20],
  ['application/json', 60],
  ['application/json', 140],
  ['application/x-www-form-urlencoded', 20],
  ['application/x-www-form-urlencoded', 60],
])('what was done is recorded once, though nobody waits: %s, %d ms', async (type, afterMs) => {
  expect(await left(type, afterMs)).toEqual([['oauth.register', 'x']])
})
