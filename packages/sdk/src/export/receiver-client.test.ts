// Guarantee: a token is asked for anew only where the receiver says that this one is no good, and
// once; the receiver and the token endpoint are each known by the authority that is named for it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Authority, createAuthority, HERE } from '../../../../test/certificates.ts'
import type { AccessSettings } from '../config.ts'
import { receiverClient } from './receiver-client.ts'

let folder: string
let authorities: { receiver: Authority; tokens: Authority }
let servers: Server[]
let endpoint: string
let tokenUrl: string
/** What the receiver answers, and what it was shown; how many tokens were given. */
let answer: { status: number; headers?: Record<string, string> }
let shown: (string | undefined)[]
let given: number
/** Of the token that is given next. */
let name: () => string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grantlog-receiver-client-'))
  authorities = { receiver: await createAuthority(), tokens: await createAuthority() }
  ;[shown, given, name, servers] = [[], 0, () => `token-${given}`, []]
  answer = { status: 200 }
  endpoint = await serve(authorities.receiver, (request, response) => {
    shown.push(request.headers.authorization)
    request.resume()
    response.writeHead(answer.status, answer.headers).end()
  })
  tokenUrl = await serve(authorities.tokens, (request, response) => {
    given++
    request.resume()
    const body = { access_token: name(), token_type: 'Bearer', expires_in: 3600 }
    response.end(JSON.stringify(body))
  })
})
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  rmSync(folder, { recursive: true })
})

async function serve(authority: Authority, answer: RequestListener): Promise<string> {
  const { cert, key } = await authority.issue({ san: HERE })
  const server = createServer({ cert, key }).on('request', answer)
  servers.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

function settings(tokenCa: Authority | null): AccessSettings {
  return {
    ...{ clientCert: null, clientKey: null, tokenFile: null },
    ca: file('receiver.pem', authorities.receiver.cert),
    tokenRequest: {
      ...{ url: tokenUrl, clientId: 'a', audience: null, scope: 'audit:write' },
      secretFile: file('secret', 'secret'),
      ca: tokenCa && file('tokens.pem', tokenCa.cert),
    },
  }
}

const bad = (text: string) => ({ status: 401, headers: { 'www-authenticate': text } })

test('a token is given up where the answer says so, and no other one for it', async () => {
  const client = receiverClient({ access: settings(authorities.tokens), endpoint })
  for (const [said, expected] of [
    [{ status: 200 }, 'Bearer token-1'],
    [{ status: 401 }, 'Bearer token-1'],
    [bad('Bearer realm="grantlog"'), 'Bearer token-1'],
    [{ ...bad('Bearer error="insufficient_scope"'), status: 403 }, 'Bearer token-1'],
    [{ ...bad('Bearer error="invalid_token"'), status: 403 }, 'Bearer token-1'],
    [bad('Bearer realm="grantlog", error="invalid_token"'), 'Bearer token-1'],
    [{ status: 200 }, 'Bearer token-2'],
  ] as const) {
    answer = said
    await client.get('/')
    expect(shown.at(-1)).toBe(expected)
  }
  client.close()
})

test('one that comes again the same is not asked for with each request', async () => {
  const client = receiverClient({ access: settings(authorities.tokens), endpoint })
  name = () => 'always-this'
  answer = bad('Bearer error="invalid_token"')
  for (let requests = 0; requests < 5; requests++) await client.get('/')
  expect(given).toBe(2)
  client.close()
})

test('answers to requests that ran at once give up one token together', async () => {
  const client = receiverClient({ access: settings(authorities.tokens), endpoint })
  await client.get('/')
  answer = bad('Bearer error="invalid_token"')
  await Promise.all([client.get('/'), client.get('/')])
  answer = { status: 200 }
  await client.get('/')
  expect([given, shown.at(-1)]).toEqual([2, 'Bearer token-2'])
  client.close()
})

test('the authority of one host vouches for no other', async () => {
  for (const ca of [null, authorities.receiver]) {
    const client = receiverClient({ access: settings(ca), endpoint })
    await expect(client.get('/')).rejects.toThrow(/certificate/)
    client.close()
  }
  expect([given, shown]).toEqual([0, []])
})
