// What each cell's process runs: the flow of a library, with the modules as they were loaded. It
// talks with the matrix over the channel of its parent, so that stdout is the application's own.
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import Module from 'node:module'
import { isModuleNamespaceObject } from 'node:util/types'
import { shapeOf } from './shape.mjs'

/** Runs the flow of a file of libraries/ or examples/, to its end. */
export async function start(file, modules) {
  const { library } = await import(`../${file}.mjs`)
  const about = JSON.parse(process.env.MATRIX)
  const app = createApp(about)
  process.on('unhandledRejection', (error) => app.say('unhandled rejection', errorOf(error)))
  const isNamespace = Object.values(modules).some(isModuleNamespaceObject)
  process.send({ isNamespace, shape: shapeOf(modules) })
  if (about.turns > 0) await turnAround(await library.turn(modules, app), about.turns)
  else await library.flow(modules, app)
  if (about.isTakenOut) {
    await globalThis.takeOut?.()
    process.send({ shape: shapeOf({ ...modules, ...ofNode() }, true) })
    await library.flow(modules, app)
  }
  app.say('end')
  leave()
}

/** Lets go of the parent when it has been told all: what waits to be written would be lost. */
export function leave() {
  process.send({}, () => process.disconnect())
}

/** Tells the heap after a part of the turns, when all caches are full, and after all. */
async function turnAround(turn, turns) {
  const heap = []
  for (const until of [Math.ceil(turns / 4), turns]) {
    for (let i = heap.length === 0 ? 0 : Math.ceil(turns / 4); i < until; i++) await turn()
    // What waits to be sent goes, and what is garbage.
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      globalThis.gc()
    }
    heap.push(process.memoryUsage().heapUsed)
  }
  process.send({ heap })
}

/** What of Node hooks may change. */
function ofNode() {
  const { fetch, Request, Response } = globalThis
  const counts = ['beforeExit', 'exit', 'uncaughtException', 'SIGTERM'].map((name) => [
    `on ${name} ${process.listenerCount(name)}`,
    0,
  ])
  const names = ['http.server.request.start', 'http.client.request.start', 'undici:request:create']
  const watched = names.map((name) => [`${name} ${channel(name).hasSubscribers}`, 0])
  return {
    ...{ http, https, module: { prototype: Module.prototype, load: Module._load } },
    globals: { fetch, Request, Response, ...Object.fromEntries([...counts, ...watched]) },
  }
}

/** What a flow is given. */
function createApp({ servers, version, way }) {
  const waiting = []
  process.on('message', (answer) => waiting.shift()(answer))
  const send = (message) => process.send(message)
  const app = {
    version,
    way,
    major: Number.parseInt(version, 10),
    /** URLs: `issuer`, `answers`, `dead`. */
    servers,
    /** An answer of the application: it must be the same with and without Grantlog. */
    say: (label, ...values) => send({ say: [label, ...values] }),
    /** A value that must never leave the process; answers may hold it. */
    secret: (value) => {
      send({ secret: value })
      return value
    },
    /** Has a client of another process send a request; its answer is said, and returned. */
    ask: (label, url, { method = 'GET', headers = {}, body } = {}) => {
      send({ ask: { label, url: String(url), method, headers, body } })
      return new Promise((resolve) => waiting.push(resolve))
    },
    /** Takes a browser through log-in and consent of `servers.issuer`, to where it comes back. */
    login: async (url) => {
      send({ login: String(url) })
      return new URL(await new Promise((resolve) => waiting.push(resolve)))
    },
    /** Says what becomes of some work, a value or an error; returns the value. */
    tell: async (label, work) => {
      try {
        const value = await work()
        app.say(label, value ?? null)
        return value
      } catch (error) {
        app.say(label, errorOf(error))
        return undefined
      }
    },
    /** Says the rejection of some work that nobody handles. */
    unhandled: async (work) => {
      const told = once(process, 'unhandledRejection')
      void work()
      await told
    },
    /** The URL of a server, which listens from now on. */
    listen: async (server) => {
      if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
      return `http://127.0.0.1:${server.address().port}`
    },
    close: (server) => {
      server.close()
      server.closeAllConnections()
    },
    newIssuer,
  }
  return app
}

const keyPairs = {
  EdDSA: () => generateKeyPairSync('ed25519'),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
}

/** An authorization server's key, and how it makes access tokens (RFC 9068). */
function newIssuer(alg = 'EdDSA') {
  const { privateKey } = keyPairs[alg]()
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const jwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), alg, kid: 'k1' }
  const token = (claims = {}, header = {}) => {
    const now = Math.floor(Date.now() / 1000)
    const usual = {
      iss: 'https://login.example.com',
      aud: 'https://api.example.com',
      ...{ sub: 'ada', client_id: 'web', scope: 'orders:read', iat: now - 10, exp: now + 600 },
    }
    const head = part({ alg, typ: 'at+jwt', kid: 'k1', ...header })
    const input = `${head}.${part({ ...usual, ...claims })}`
    const digest = alg === 'EdDSA' ? null : 'sha256'
    return `${input}.${sign(digest, Buffer.from(input), privateKey).toString('base64url')}`
  }
  return { jwk, token }
}

/** All of an error that a program can branch on. */
export function errorOf(error) {
  if (!(error instanceof Error)) return { thrown: typeof error, value: String(error) }
  const { name, code, message, status } = error
  return { kind: error.constructor.name, name, code, message, status, keys: Object.keys(error) }
}
