// What watching HTTP clients costs a request that is not OAuth's: nanoseconds on top of a `fetch`
// that does nothing, and those of the channels that each request of node:http and undici passes.
//
//   node --conditions=@grantlog/source packages/sdk/bench/http-client.ts
import { channel } from 'node:diagnostics_channel'
import { instrumentHttpClients } from '../src/instrument/http-client/patch.ts'
import { createScopes } from '../src/instrument/scopes.ts'

const rounds = 5
const callsPerRound = 200_000
const url = 'https://api.example.com/orders'
const formType = { 'content-type': 'application/x-www-form-urlencoded' }

const requests: readonly (readonly [string, RequestInit | undefined])[] = [
  ['GET', undefined],
  ['GET with headers', { headers: { accept: 'application/json' } }],
  ['POST of JSON', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }],
  ['POST of a form', { method: 'POST', headers: formType, body: 'a=1&b=2' }],
]

/** Nanoseconds of one call, in the best of the rounds: noise only adds. */
function costOf(call: () => unknown): number {
  const round = (): number => {
    const start = process.hrtime.bigint()
    for (let i = 0; i < callsPerRound; i++) call()
    return Number(process.hrtime.bigint() - start) / callsPerRound
  }
  return Math.min(...Array.from({ length: rounds }, round))
}

const answer = Promise.resolve(new Response())
const bare: typeof fetch = () => answer
globalThis.fetch = bare
const hooks = instrumentHttpClients({
  begin: () => ({ record: () => undefined, lose: () => undefined }),
  scopes: createScopes(),
  roleClaims: [],
  onError: (error) => {
    throw error
  },
})
const watched = globalThis.fetch
for (const [name, init] of requests) {
  const more = costOf(() => watched(url, init)) - costOf(() => bare(url, init))
  console.log(`fetch, ${name}: ${more.toFixed(0)} ns more`)
}
for (const name of ['http.client.request.created', 'undici:request:create']) {
  const message = { request: { method: 'GET', body: null } }
  const cost = costOf(() => channel(name).publish(message))
  console.log(`${name}: ${cost.toFixed(0)} ns`)
}
hooks.disable()
