// Attacks on the demo's shop, its phone and its worker.
import { createHash, randomBytes } from 'node:crypto'
import { expectStatus, type Person } from '../../../../examples/demo/traffic/world.ts'
import type { Move, PlayedWorld } from '../move.ts'

const isCallback = ({ pathname }: URL): boolean => pathname === '/callback'

/** A log-in that stops with the code on its way to the shop. */
async function caughtCode({ demo }: PlayedWorld, who: Person): Promise<URL> {
  const { url } = await who.browser.logIn(`${demo.web}/login`, who.answers, isCallback)
  return url
}

/** The `state` that the shop keeps for this browser, of a log-in that is not finished. */
async function stateFor({ demo }: PlayedWorld, who: Person['browser']): Promise<string> {
  const { headers } = await who.send(`${demo.web}/login`)
  return new URL(headers.get('location') ?? '').searchParams.get('state') ?? ''
}

const phoneRedirect = 'com.example.shop:/callback'

/** A new grant for bob's phone; its refresh token. */
async function phoneGrant({ demo }: PlayedWorld): Promise<string> {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const asked = new URLSearchParams({
    ...{ client_id: 'phone', response_type: 'code', redirect_uri: phoneRedirect },
    ...{ scope: 'openid orders:read', resource: demo.api, state: 'x'.repeat(12) },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
  })
  const toPhone = ({ href }: URL): boolean => href.startsWith(phoneRedirect)
  const { answers, browser } = demo.bob
  const { url } = await browser.logIn(`${demo.issuer}/auth?${asked}`, answers, toPhone)
  const form = {
    ...{ grant_type: 'authorization_code', client_id: 'phone', redirect_uri: phoneRedirect },
    ...{ code: url.searchParams.get('code') ?? '', code_verifier: verifier, resource: demo.api },
  }
  const { text } = expectStatus(200, await browser.send(`${demo.issuer}/token`, { form }))
  return (JSON.parse(text) as { refresh_token: string }).refresh_token
}

export const shopMoves: readonly Move[] = [
  {
    row: 2,
    tells: "Mallory puts alice's code into a log-in of his own: the verifier is another.",
    async run(world) {
      const stolen = await caughtCode(world, world.demo.alice)
      stolen.searchParams.set('state', await stateFor(world, world.demo.mallory))
      expectStatus(400, await world.demo.mallory.send(stolen))
    },
  },
  {
    row: 5,
    tells: 'An answer claims to come from another issuer (RFC 9207).',
    async run(world) {
      const answer = await caughtCode(world, world.demo.bob)
      answer.searchParams.set('iss', 'https://mallory.example.net')
      expectStatus(400, await world.demo.bob.browser.send(answer))
    },
  },
  {
    row: 6,
    tells: "Mallory's link would finish a log-in that bob has begun, as mallory.",
    async run(world) {
      await stateFor(world, world.demo.bob.browser)
      const own = `${world.demo.web}/callback?code=${'c'.repeat(43)}&state=${'s'.repeat(43)}`
      const url = `${own}&iss=${encodeURIComponent(world.demo.issuer)}`
      expectStatus(400, await world.demo.bob.browser.send(url))
    },
  },
  {
    row: 7,
    tells: 'The ID token has a nonce that the shop has not asked for: it is of another log-in.',
    async run({ demo }) {
      const { answers, browser } = demo.bob
      expectStatus(400, await browser.logIn(`${demo.web}/login?nonce=of-another-log-in`, answers))
    },
  },
  {
    row: 4,
    tells: "A request wants the code sent to a host that looks like the shop's.",
    async run({ demo }) {
      const asked = new URLSearchParams({
        ...{ client_id: 'web', response_type: 'code', scope: 'openid', state: 'x'.repeat(12) },
        redirect_uri: demo.web.replace('127.0.0.1', '127.0.0.1.example.net') + '/callback',
      })
      expectStatus(400, await demo.mallory.open(`${demo.issuer}/auth?${asked}`))
    },
  },
  {
    row: 9,
    tells: "A log-out would lead on to mallory's site.",
    async run({ demo }) {
      const asked = new URLSearchParams({
        ...{ client_id: 'web', post_logout_redirect_uri: 'https://mallory.example.net/' },
      })
      expectStatus(400, await demo.mallory.send(`${demo.issuer}/session/end?${asked}`))
    },
  },
  {
    row: null,
    tells: "Bob's phone gets tokens, and new ones.",
    async run(world) {
      const { bob, issuer } = world.demo
      const form = {
        ...{ grant_type: 'refresh_token', client_id: 'phone', resource: world.demo.api },
        refresh_token: await phoneGrant(world),
      }
      const { text } = expectStatus(200, await bob.browser.send(`${issuer}/token`, { form }))
      world.memory.set('phone', (JSON.parse(text) as { refresh_token: string }).refresh_token)
    },
  },
  {
    row: 14,
    tells: 'A refresh asks for more than was granted.',
    async run({ demo, memory }) {
      const form = {
        ...{ grant_type: 'refresh_token', client_id: 'phone', scope: 'openid orders:write' },
        refresh_token: memory.get('phone')!,
      }
      expectStatus(400, await demo.mallory.send(`${demo.issuer}/token`, { form }))
    },
  },
  {
    row: 18,
    tells: "Somebody guesses the worker's secret.",
    async run({ demo }) {
      for (let tried = 0; tried < 20; tried++) {
        const guess = btoa(`worker:${randomBytes(6).toString('hex')}`)
        const form = { grant_type: 'client_credentials', resource: demo.api }
        const headers = { authorization: `Basic ${guess}` }
        expectStatus(401, await demo.mallory.send(`${demo.issuer}/token`, { form, headers }))
      }
    },
  },
  { row: null, tells: 'Alice logs in again.', run: ({ demo }) => demo.alice.logIn() },
  {
    row: 27,
    tells: 'One token exports everything, twelve times.',
    async run({ demo }) {
      for (let done = 0; done < 12; done++) await demo.alice.shop(200, '/api/export')
    },
  },
  {
    row: 8,
    tells: 'A token stands in the URL of a request.',
    async run({ demo }) {
      const { text } = await demo.alice.shop(200, '/tokens')
      const { access_token } = JSON.parse(text) as { access_token: string }
      expectStatus(401, await demo.mallory.send(`${demo.api}/orders?access_token=${access_token}`))
    },
  },
]
