// Authorization codes and PKCE, at a public client on a phone that nobody instruments: what the
// authorization server sees of it.
import { createHash, randomBytes } from 'node:crypto'
import type { Answer } from './browser.ts'
import type { Step } from './step.ts'
import { expectStatus, type World } from './world.ts'

const redirectUri = 'com.example.shop:/callback'
const toPhone = ({ href }: URL): boolean => href.startsWith(redirectUri)

/** An authorization request of the phone; `changed` members that are empty are left out. */
function authorization({ api, issuer }: World, changed: Record<string, string>): string {
  const usual = {
    client_id: 'phone',
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid orders:read',
    resource: api,
    state: randomBytes(12).toString('base64url'),
    code_challenge_method: 'S256',
  }
  const all = Object.entries({ ...usual, ...changed }).filter(([, value]) => value !== '')
  return `${issuer}/auth?${new URLSearchParams(all)}`
}

/** A token request of the phone, by whoever makes it. */
async function askForTokens(
  { api, issuer, mallory }: World,
  status: number,
  form: Record<string, string>,
): Promise<Answer> {
  const all = { client_id: 'phone', resource: api, ...form }
  return expectStatus(status, await mallory.send(`${issuer}/token`, { form: all }))
}

const exchange = (code: string, verifier: string): Record<string, string> => ({
  grant_type: 'authorization_code',
  redirect_uri: redirectUri,
  code,
  code_verifier: verifier,
})

export const codes = [
  {
    name: 'PKCE missing',
    tells: "A request from bob's phone has no code challenge.",
    async run(world) {
      const url = authorization(world, { code_challenge_method: '' })
      const { url: to } = await world.bob.browser.open(url, {}, toPhone)
      if (!to.searchParams.has('error')) throw new Error('a code without PKCE')
    },
  },
  {
    name: 'code for the phone',
    tells: 'Bob is logged in; he allows the phone to read orders.',
    async run(world) {
      const verifier = randomBytes(32).toString('base64url')
      const challenge = createHash('sha256').update(verifier).digest('base64url')
      const url = authorization(world, { code_challenge: challenge })
      const { answers, browser } = world.bob
      const { url: to } = await browser.logIn(url, answers, toPhone)
      world.memory.phone = { code: to.searchParams.get('code') ?? '', verifier, refreshToken: '' }
    },
  },
  {
    name: 'PKCE wrong',
    tells: 'Mallory caught the code, but not the verifier.',
    run: (world) =>
      askForTokens(
        world,
        400,
        exchange(world.memory.phone.code, randomBytes(32).toString('base64url')),
      ),
  },
  {
    name: 'code exchange',
    tells: 'The phone exchanges its code.',
    async run(world) {
      const { code, verifier } = world.memory.phone
      const { text } = await askForTokens(world, 200, exchange(code, verifier))
      const { refresh_token } = JSON.parse(text) as { refresh_token: string }
      world.memory.phone.refreshToken = refresh_token
    },
  },
  {
    name: 'code replay',
    tells: 'The same code comes again: the grant is revoked with all its tokens.',
    run: (world) => {
      const { code, verifier } = world.memory.phone
      return askForTokens(world, 400, exchange(code, verifier))
    },
  },
  {
    name: 'refresh after replay',
    tells: "The phone's refresh token went with the grant.",
    run: (world) => {
      const { refreshToken } = world.memory.phone
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
      return askForTokens(world, 400, form)
    },
  },
  {
    name: 'foreign redirect',
    tells: "A request wants the code sent to mallory's site.",
    async run(world) {
      const url = authorization(world, { redirect_uri: 'https://mallory.example.net/' })
      expectStatus(400, await world.mallory.open(url))
    },
  },
  {
    name: 'unknown client',
    tells: 'A request names a client that nobody registered.',
    async run(world) {
      expectStatus(400, await world.mallory.open(authorization(world, { client_id: 'shopp' })))
    },
  },
] as const satisfies readonly Step[]
