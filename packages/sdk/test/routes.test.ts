// Scenario: routers in routers, applications in applications, errors that leave them, and paths
// full of names, on each framework.
// Guarantee: `http.route` is the template as the application wrote it, or is not there; never a
// part of the path that a client chose.
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { AccessFacts, Facts } from '../src/facts.ts'
import { instrumentFastify } from '../src/instrument/fastify/hook.ts'
import { instrumentHono } from '../src/instrument/hono/patch.ts'
import { instrumentHttpServer } from '../src/instrument/http-server/channels.ts'
import type { HookOptions } from '../src/instrument/instrument.ts'
import { instrumentKoa } from '../src/instrument/koa/patch.ts'
import { createScopes } from '../src/instrument/scopes.ts'

type Build = (isBehindProxy: boolean) => Server | Promise<Server>
type Routers = Record<'expressApp' | 'koaApp' | 'honoApp' | 'fastifyApp', Build> & {
  readonly modules: Record<'hono' | 'koa', Record<string, unknown>>
}

const told: AccessFacts[] = []
const errors: unknown[] = []
const options: HookOptions = {
  begin: () => ({
    record: (facts: Facts) => void told.push(facts as AccessFacts),
    lose: (error) => void errors.push(error),
  }),
  scopes: createScopes(),
  onError: (error) => void errors.push(error),
}
const all = [instrumentHttpServer, instrumentFastify, instrumentHono, instrumentKoa]
const [, , hono, koa] = all.map((start) => start(options))

// The frameworks have no types here.
const fixture: string = './fixtures/routers.mjs'
const routers = (await import(fixture)) as Routers
hono!.libraries[0]!.onLoad(routers.modules.hono)
koa!.libraries[0]!.onLoad(routers.modules.koa)

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
  expect(errors.splice(0)).toEqual([])
})

async function open(build: Build, isBehindProxy = false): Promise<string> {
  const server = await build(isBehindProxy)
  servers.push(server)
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The facts of a request. */
async function factsOf(url: string, init: RequestInit): Promise<AccessFacts> {
  told.splice(0)
  await (await fetch(url, init)).text()
  expect(told).toHaveLength(1)
  return told[0]!
}

const headers = { authorization: 'Bearer token', 'x-forwarded-for': '203.0.113.7' }

const { expressApp, koaApp, honoApp, fastifyApp } = routers
const routes: [string, Build, Record<string, string | null>][] = [
  [
    'Express',
    expressApp,
    {
      '/': '/',
      '/health': '/health',
      '/HEALTH?x': '/health',
      '/files/a/b': '/files/*path',
      '/regexp/secret': null,
      '/two': null,
      '/optional/secret': '/optional{/:id}',
      '/users': '/users',
      '/users/me': '/users/me',
      '/users/ada/orders/7': '/users/:user/orders/:id',
      '/users/ada/orders/7/fail': '/users/:user/orders/:id/fail',
      '/orgs/acme/7': '/orgs/:org/:id',
      '/orgs/acme/7/fail': '/orgs/:org/:id/fail',
      '/app/deep/7': '/app/deep/:id',
      '/app/r/7': '/app/r/:id',
      '/b/x': '/b/x',
      '/closed/ada': null,
      '/nowhere/ada': null,
    },
  ],
  [
    'Koa',
    koaApp,
    {
      '/': '/',
      '/orders/7': '/orders/:id',
      '/fail/7': '/fail/:id',
      '/regexp': null,
      '/users/ada/orders/7': '/users/:user/orders/:id',
      '/app/x/7': '/app/x/:id',
      '/nowhere/ada': null,
    },
  ],
  [
    'Hono',
    honoApp,
    {
      '/': '/',
      '/closed/7': '/closed/:id',
      '/numbers/7': '/numbers/:id{[0-9]+}',
      // A handler of all methods cannot be told from a middleware.
      '/any/7': null,
      '/users/ada/orders/7': '/users/:user/orders/:id',
      '/app/x/7': null,
      '/nowhere/ada': null,
    },
  ],
  [
    'Fastify',
    fastifyApp,
    {
      '/': '/',
      '/files/a/b': '/files/*',
      '/users/ada/orders/7': '/users/:user/orders/:id',
      '/users/ada/orders/no': '/users/:user/orders/:id',
      '/nowhere/ada': null,
    },
  ],
]

describe.each(routes)('%s', (framework, build, templates) => {
  test.each(Object.entries(templates))('%s: %s', async (path, route) => {
    const url = await open(build)
    expect((await factsOf(url + path, { headers })).http?.route).toBe(route)
    // Hono has another router from its second request on.
    expect((await factsOf(url + path, { headers })).http?.route).toBe(route)
  })

  test('the address behind proxies is told where the application trusts them', async () => {
    for (const isBehindProxy of [false, true]) {
      const { http } = await factsOf(await open(build, isBehindProxy), { headers })
      const isKnown = isBehindProxy && framework !== 'Hono'
      expect(http?.clientAddress).toBe(isKnown ? '203.0.113.7' : '127.0.0.1')
      expect(http?.peerAddress).toBe('127.0.0.1')
    }
  })
})

test('a token in a form that Express has read', async () => {
  const body = new URLSearchParams({ access_token: 'in the form' })
  const { token, http } = await factsOf(`${await open(expressApp)}/form`, { method: 'POST', body })
  expect(token).toMatchObject({ value: 'in the form', location: 'body' })
  expect(http?.route).toBe('/form')
})
