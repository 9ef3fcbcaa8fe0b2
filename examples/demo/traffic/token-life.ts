// How tokens live on and end: refreshed, stolen, revoked, logged out, expired.
import { setTimeout as wait } from 'node:timers/promises'
import type { Step } from './step.ts'
import { expectStatus, type World } from './world.ts'

/** A refresh by mallory, who has stolen the shop's secret, too. */
async function refreshAsShop({ issuer, mallory, secrets }: World, token: string): Promise<void> {
  const form = { grant_type: 'refresh_token', refresh_token: token }
  const headers = { authorization: `Basic ${btoa(`web:${secrets.web}`)}` }
  expectStatus(400, await mallory.send(`${issuer}/token`, { form, headers }))
}

/** Waits for the end of a guest's access token (4 s) and refresh token (5 s). */
async function untilGuestExpired({ memory }: World, lifetimeMs: number): Promise<void> {
  await wait(Math.max(0, memory.guestSince + lifetimeMs + 100 - Date.now()))
}

export const tokenLife = [
  {
    name: 'refresh',
    tells: "The shop refreshes bob's tokens; the refresh token is replaced.",
    run: ({ bob }) => bob.shop(200, '/refresh', { method: 'POST' }),
  },
  {
    name: 'userinfo',
    tells: 'The shop asks who bob is, with a token for that.',
    run: ({ bob }) => bob.shop(200, '/userinfo'),
  },
  {
    name: 'refresh retried',
    tells: 'A request for alice is lost on the way; the shop tries again. Nothing is wrong.',
    run: ({ alice, balancer }) => {
      balancer.loseNextTokenRequest()
      return alice.shop(200, '/refresh', { method: 'POST' })
    },
  },
  {
    name: 'refresh token stolen',
    tells: "Mallory uses bob's first refresh token, replaced since: the grant is revoked.",
    run: (world) => refreshAsShop(world, world.memory.tokens.get('bob')!.refresh_token),
  },
  {
    name: 'refresh after theft',
    tells: 'Bob, who did nothing, cannot go on.',
    run: ({ bob }) => bob.shop(400, '/refresh', { method: 'POST' }),
  },
  {
    name: 'log-in at home',
    tells: 'Alice logs in at home, too.',
    run: ({ aliceAtHome }) => aliceAtHome.logIn(),
  },
  {
    name: 'revocation by the client',
    tells: 'The shop revokes her refresh token there.',
    run: ({ aliceAtHome }) => aliceAtHome.shop(200, '/revoke', { method: 'POST' }),
  },
  {
    name: 'use after revocation',
    tells: 'Her access token there is a JWT: the API takes it until it expires.',
    run: ({ aliceAtHome }) => aliceAtHome.shop(200, '/api/orders'),
  },
  {
    name: 'refresh after revocation',
    tells: 'The refresh token is gone.',
    run: ({ aliceAtHome }) => aliceAtHome.shop(400, '/refresh', { method: 'POST' }),
  },
  {
    name: 'logout',
    tells: 'Alice logs out at the shop and at the authorization server.',
    async run({ alice: { browser }, web }) {
      const { text } = await browser.open(`${web}/logout`, { method: 'POST' })
      const [, action = ''] = /action="([^"]+)"/.exec(text) ?? []
      const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(text) ?? []
      expectStatus(200, await browser.open(action, { form: { xsrf, logout: 'yes' } }))
    },
  },
  {
    name: 'refresh after logout',
    tells: 'Her tokens ended with the session.',
    run: ({ alice }) => alice.shop(400, '/refresh', { method: 'POST' }),
  },
  {
    name: 'token expired',
    tells: "Carol's access token is over; the API says so.",
    async run(world) {
      await untilGuestExpired(world, 4000)
      await world.carol.shop(401, '/api/orders')
    },
  },
  {
    name: 'refresh token expired',
    tells: 'And so is her refresh token.',
    async run(world) {
      await untilGuestExpired(world, 5000)
      await world.carol.shop(400, '/refresh', { method: 'POST' })
    },
  },
] as const satisfies readonly Step[]
