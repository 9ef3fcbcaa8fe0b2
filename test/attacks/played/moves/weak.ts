// Attacks that the demo's authorization server prevents, on one that does not.
import { createHash, randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Answer, Browser } from '../../../../examples/demo/traffic/browser.ts'
import { expectStatus } from '../../../../examples/demo/traffic/world.ts'
import type { Move, PlayedWorld } from '../move.ts'

const callback = 'https://app.example.com/callback'
const token = 'urn:ietf:params:oauth:token-type:access_token'
const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** Logs dora in at the weak server; the URL that the code, or an error, is sent to. */
async function authorized(
  { dora, weak }: PlayedWorld,
  changed: Readonly<Record<string, string>> = {},
  [browser, name]: readonly [Browser, string] = [dora, 'dora'],
): Promise<URL> {
  const usual = {
    ...{
      client_id: 'app',
      response_type: 'code',
      redirect_uri: callback,
      scope: 'openid orders:read',
    },
    state: randomBytes(12).toString('base64url'),
  }
  const all = { ...usual, ...changed }
  const isAway = ({ origin }: URL): boolean => origin !== new URL(weak.issuer).origin
  const answers = { name, password: 'any' }
  const asked = `${weak.issuer}/auth?${new URLSearchParams(all)}`
  return (await browser.logIn(asked, answers, isAway)).url
}

async function tokenRequest(
  { dora, weak }: PlayedWorld,
  form: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const authorization = `Basic ${btoa(`${form.client_id ?? 'app'}:${weak.secret}`)}`
  const { client_id: _, ...rest } = form
  const headers = { authorization, ...more }
  return dora.send(`${weak.issuer}/token`, { form: rest, headers })
}

/** A whole log-in with PKCE; the access token. */
async function logIn(world: PlayedWorld, headers: Readonly<Record<string, string>> = {}) {
  const verifier = randomBytes(32).toString('base64url')
  const pkce = { code_challenge: sha256(verifier), code_challenge_method: 'S256' }
  const url = await authorized(world, pkce)
  const answer = await tokenRequest(world, { ...exchange(url), code_verifier: verifier }, headers)
  return accessTokenIn(expectStatus(200, answer))
}

const exchange = (url: URL) => ({
  ...{ grant_type: 'authorization_code', redirect_uri: callback },
  code: url.searchParams.get('code') ?? '',
})

const accessTokenIn = ({ text }: Answer): string =>
  (JSON.parse(text) as { access_token: string }).access_token

const bearer = (value: string) => ({ headers: { authorization: `Bearer ${value}` } })

/** A DPoP proof for the token endpoint (RFC 9449 section 4.2). */
async function proofFor(issuer: string): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  return new SignJWT({ htm: 'POST', htu: `${issuer}/token`, jti: randomBytes(12).toString('hex') })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .setIssuedAt()
    .sign(privateKey)
}

/** A client that names itself (RFC 7591). */
async function registered({ dora, weak }: PlayedWorld): Promise<Registration> {
  const json = { redirect_uris: ['https://mallory.example.net/'], client_name: 'Mallory' }
  const { text } = expectStatus(201, await dora.send(`${weak.issuer}/reg`, { json }))
  return JSON.parse(text) as Registration
}

interface Registration {
  readonly client_id: string
  readonly client_secret: string
  readonly registration_access_token: string
  readonly registration_client_uri: string
}

async function exchangeOf(world: PlayedWorld, subject_token: string): Promise<string> {
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    ...{ subject_token, subject_token_type: token },
  }
  return accessTokenIn(expectStatus(200, await tokenRequest(world, form)))
}

export const weakMoves: readonly Move[] = [
  {
    row: null,
    tells: 'Dora logs in three times; the client uses PKCE.',
    async run(world) {
      for (let done = 0; done < 2; done++) await logIn(world)
      world.memory.set('dora', await logIn(world))
    },
  },
  {
    row: 3,
    tells: 'The same client comes without a challenge, and the server does not mind.',
    run: async (world) =>
      expectStatus(200, await tokenRequest(world, exchange(await authorized(world)))),
  },
  {
    row: 4,
    tells: 'A redirect URI that nobody registered gets the code.',
    async run(world) {
      const url = await authorized(world, { redirect_uri: 'https://app.example.com.example.net/' })
      if (!url.searchParams.has('code')) throw new Error('no code')
    },
  },
  {
    row: 8,
    tells: 'An access token comes in a redirect.',
    async run(world) {
      const { hash } = await authorized(world, {
        ...{ client_id: 'page', response_type: 'code token', nonce: 'n'.repeat(12) },
      })
      if (!hash.includes('access_token=')) throw new Error('no token in the redirect')
    },
  },
  {
    row: 9,
    tells: "A link to the server leads to mallory's site: by an error, before anybody logs in.",
    async run(world) {
      const { client_id } = await registered(world)
      const redirect_uri = 'https://mallory.example.net/'
      const url = await authorized(world, { client_id, redirect_uri, response_type: 'token' })
      if (url.href.startsWith(redirect_uri)) return
      throw new Error(`it leads to ${url.href}`)
    },
  },
  {
    row: 4,
    tells: 'A registration gets another redirect URI (RFC 7592), and codes go there.',
    async run(world) {
      const { client_id, client_secret, ...own } = await registered(world)
      const goTo = (redirect_uri: string) => authorized(world, { client_id, redirect_uri })
      await goTo('https://mallory.example.net/')
      const headers = { authorization: `Bearer ${own.registration_access_token}` }
      const redirect_uris = ['https://mallory.example.org/']
      const json = { client_id, client_secret, redirect_uris }
      const put = { method: 'PUT', json, headers }
      expectStatus(200, await world.dora.send(own.registration_client_uri, put))
      await goTo('https://mallory.example.org/')
    },
  },
  {
    row: null,
    tells: 'Dora gets a token that is bound to a key.',
    async run(world) {
      const proof = await proofFor(world.weak.issuer)
      world.memory.set('proof', proof)
      world.memory.set('bound', await logIn(world, { dpop: proof }))
    },
  },
  {
    row: 12,
    tells: 'The same proof comes again.',
    async run(world) {
      const dpop = world.memory.get('proof')!
      expectStatus(400, await tokenRequest(world, exchange(await authorized(world)), { dpop }))
    },
  },
  {
    row: 12,
    tells: 'The bound token is taken without any proof.',
    run: async ({ dora, memory, weak }) =>
      expectStatus(200, await dora.send(`${weak.api}/orders`, bearer(memory.get('bound')!))),
  },
  {
    row: 17,
    tells: 'A client sends a password.',
    run: async (world) => {
      const form = { grant_type: 'password', username: 'dora', password: 'any' }
      expectStatus(200, await tokenRequest(world, form))
    },
  },
  {
    row: 22,
    tells: 'A token is exchanged, and what comes of it, and what comes of that.',
    async run(world) {
      let value = world.memory.get('dora')!
      for (let done = 0; done < 5; done++) value = await exchangeOf(world, value)
    },
  },
  {
    row: 28,
    tells: 'A client is named as a user is, and gets tokens for that name.',
    async run(world) {
      const url = await authorized(world, { client_id: 'shadow' }, [world.shadow, 'shadow'])
      const answer = await tokenRequest(world, { client_id: 'shadow', ...exchange(url) })
      expectStatus(200, answer)
    },
  },
  {
    row: 24,
    tells: 'A token is tried at every route.',
    async run({ demo: { mallory }, memory, weak }) {
      const names = 'keys reports invoices backups config logs audit roles tenants payments jobs'
      for (const name of names.split(' ')) {
        const url = `${weak.api}/internal/${name}`
        expectStatus(403, await mallory.send(url, bearer(memory.get('dora')!)))
      }
    },
  },
  {
    row: 32,
    tells: 'A route lets a user in whom the policy would not.',
    run: async ({ dora, memory, weak }) =>
      expectStatus(200, await dora.send(`${weak.api}/admin/users`, bearer(memory.get('dora')!))),
  },
  {
    row: 30,
    tells: 'A token asks without a pause, and goes on when it is told to stop.',
    async run({ demo: { mallory }, memory, weak }) {
      const ask = () => mallory.send(`${weak.api}/slow`, bearer(memory.get('dora')!))
      for (let round = 0; round < 8; round++) await Promise.all(Array.from({ length: 25 }, ask))
    },
  },
]
