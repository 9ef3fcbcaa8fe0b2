// A client of an MCP server's authorization server that leaves while the application is asked.
import { createServer } from 'node:http'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { type Trial, tryInstrumentation } from '../../trial.ts'
import type { AnyFunction } from '../defined/definition.ts'
import { mcp } from './mcp.ts'

const require = createRequire(import.meta.url)
const auth = '@modelcontextprotocol/sdk/server/auth'

function load(trial: Trial, path: string): Record<string, AnyFunction> {
  const exports = require(`${auth}/${path}.js`) as Record<string, AnyFunction>
  return trial.load(`@modelcontextprotocol/sdk/dist/cjs/server/auth/${path}`, exports)
}

const names = [
  ...['audit.action', 'audit.outcome', 'oauth.client.id', 'oauth.token.issued', 'oauth.error.code'],
  ...['error.type', 'http.request.method', 'http.response.status_code'],
]

/** What is recorded of a refresh whose client leaves before the application has `tokens`. */
async function left(
  moment: 'getClient' | 'exchangeRefreshToken',
  tokens: unknown,
): Promise<unknown> {
  const trial = tryInstrumentation(mcp[0]!)
  load(trial, 'errors')
  const { tokenHandler } = load(trial, 'handlers/token')
  const begun = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const wait = async (name: string): Promise<void> => {
    if (name !== moment) return
    begun.resolve()
    await over.promise
  }
  const getClient = async (): Promise<unknown> => {
    await wait('getClient')
    return { client_id: 'web' }
  }
  const exchangeRefreshToken = async (): Promise<unknown> => {
    await wait('exchangeRefreshToken')
    if (tokens instanceof Error) throw tokens
    return tokens
  }
  const provider = { clientsStore: { getClient }, exchangeRefreshToken }
  const express = require('express') as () => { use: AnyFunction } & AnyFunction
  const app = express()
  app.use('/token', tokenHandler!({ provider, rateLimit: false }))
  const server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const closed = once(server, 'connection').then(([socket]) => once(socket as never, 'close'))
  const { port } = server.address() as AddressInfo
  const aborting = new AbortController()
  const body = new URLSearchParams({
    ...{ grant_type: 'refresh_token', client_id: 'web', refresh_token: 'S3cret' },
  })
  const url = `http://127.0.0.1:${port}/token`
  const asking = fetch(url, { method: 'POST', body, signal: aborting.signal }).catch(() => null)
  await begun.promise
  aborting.abort()
  await Promise.all([asking, closed])
  expect(trial.records).toEqual([])
  over.resolve()
  while (trial.records.length === 0) await new Promise(setImmediate)
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
  server.close()
  await once(server, 'close')
  trial.disable()
  expect(trial.errors).toEqual([])
  return trial.records.map((one) => names.map((name) => one[name]))
}

const issued = ['success', 'web', 'access_token', undefined, 'ECONNRESET', 'POST', undefined]
const failed = ['failure', 'web', undefined, 'server_error', 'server_error', 'POST', undefined]
test.each([
  ['getClient', { access_token: 'S3cret', token_type: 'Bearer' }, issued],
  ['exchangeRefreshToken', { access_token: 'S3cret', token_type: 'Bearer' }, issued],
  ['exchangeRefreshToken', new Error('S3cret'), failed],
] as const)(
  'one that leaves at %s has one record, of what was done (%#)',
  async (at, tokens, said) => {
    expect(await left(at, tokens)).toEqual([['oauth.token', ...said]])
  },
)
