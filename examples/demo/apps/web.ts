// A web shop as anybody might have written it: a client with openid-client 6 (code flow with PKCE),
// sessions in memory, calls to an API for whoever is logged in. There is nothing of Grantlog in it.
//
// Environment: PORT, URL (its own), ISSUER, API (URL of the API), CLIENT_SECRET. Prints its URL as
// a JSON line.
import { randomBytes } from 'node:crypto'
import express, { type Request, type Response } from 'express'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  ClientError,
  discovery,
  fetchProtectedResource,
  fetchUserInfo,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  ResponseBodyError,
  tokenRevocation,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { shopPage } from './shop-page.ts'

const { API = '', CLIENT_SECRET = '', ISSUER = '', PORT = '3002', URL: self = '' } = process.env
const scope = 'openid profile orders:read orders:write admin export'

interface Session {
  /** A log-in that has begun. */
  pending?: { readonly pkceCodeVerifier: string; readonly expectedState: string }
  user?: string
  tokens?: Tokens
}
interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
  readonly id_token?: string
}
const sessions = new Map<string, Session>()

// Everything is on the loopback interface, so there is no TLS.
const execute = [allowInsecureRequests]
const config = await discovery(new URL(ISSUER), 'web', CLIENT_SECRET, undefined, { execute })

const web = express()
web.use(express.json(), express.urlencoded())

web.get('/', (request, response) => {
  response.send(shopPage(sessionOf(request, response).user))
})
web.get('/login', async (request, response) => {
  const [pkceCodeVerifier, expectedState] = [randomPKCECodeVerifier(), randomState()]
  sessionOf(request, response).pending = { pkceCodeVerifier, expectedState }
  const url = buildAuthorizationUrl(config, {
    redirect_uri: `${self}/callback`,
    resource: API,
    scope,
    code_challenge: await calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    ...(request.query as Record<string, string>),
  })
  response.redirect(303, url.href)
})
web.get('/callback', async (request, response) => {
  const session = sessionOf(request, response)
  const { pending = {} } = session
  delete session.pending
  const url = new URL(request.url, self)
  const tokens = await authorizationCodeGrant(config, url, pending, { resource: API })
  session.tokens = tokens
  session.user = tokens.claims()?.sub ?? ''
  response.redirect(303, '/')
})
web.post('/refresh', async (request, response) => {
  await refresh(sessionOf(request, response), API)
  response.json({ refreshed: true })
})
web.get('/userinfo', async (request, response) => {
  const session = sessionOf(request, response)
  // A token for the API is not one for the authorization server's own endpoint.
  const { access_token } = await refresh(session)
  response.json(await fetchUserInfo(config, access_token, session.user ?? ''))
})
web.post('/revoke', async (request, response) => {
  const { tokens } = sessionOf(request, response)
  await tokenRevocation(config, tokens?.refresh_token ?? '')
  response.json({ revoked: true })
})
web.post('/logout', (request, response) => {
  const session = sessionOf(request, response)
  const id_token_hint = session.tokens?.id_token ?? ''
  delete session.user
  const url = buildEndSessionUrl(config, { id_token_hint, post_logout_redirect_uri: `${self}/` })
  response.redirect(303, url.href)
})
// For developers: what the session holds.
web.get('/tokens', (request, response) => {
  response.json(sessionOf(request, response).tokens ?? {})
})
web.all('/api/*path', async (request, response) => {
  const { access_token = '' } = sessionOf(request, response).tokens ?? {}
  const url = new URL(request.url.slice('/api'.length), API)
  const answer = await callApi(access_token, url, request)
  response.type(answer.headers.get('content-type') ?? 'text/plain')
  response.status(answer.status).send(Buffer.from(await answer.arrayBuffer()))
})
web.use((error: Error, _: Request, response: Response, next: (error: Error) => void) => {
  const isTold =
    error instanceof AuthorizationResponseError ||
    error instanceof ResponseBodyError ||
    error instanceof ClientError
  if (!isTold) return next(error)
  const why = 'error' in error ? error.error : error.code
  response.status(400).json({ error: why, error_description: error.message })
})

const server = web.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: self })}\n`)
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})

/** The session of this browser, made at its first visit. */
function sessionOf(request: Request, response: Response): Session {
  const [, known = ''] = /(?:^|; )shop=([\w-]+)/.exec(request.headers.cookie ?? '') ?? []
  const session = sessions.get(known)
  if (session) return session
  const id = randomBytes(16).toString('base64url')
  const fresh: Session = {}
  sessions.set(id, fresh)
  response.cookie('shop', id, { httpOnly: true, sameSite: 'lax' })
  return fresh
}

/** New tokens for the session. A request that got no answer is sent again, once. */
async function refresh(session: Session, resource?: string): Promise<Tokens> {
  const { refresh_token = '' } = session.tokens ?? {}
  const parameters = resource === undefined ? {} : { resource }
  const ask = (): Promise<Tokens> => refreshTokenGrant(config, refresh_token, parameters)
  const tokens = await ask().catch((error: unknown) => {
    if (isNetworkError(error)) return ask()
    throw error
  })
  session.tokens = { ...session.tokens, ...tokens }
  return tokens
}

function isNetworkError(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'fetch failed'
}

/** The API's answer; a refusal (RFC 6750 section 3) is one, too. */
async function callApi(token: string, url: URL, { body, method }: Request): Promise<Response_> {
  const [text, headers] =
    body === undefined
      ? [undefined, new Headers()]
      : [JSON.stringify(body), new Headers({ 'content-type': 'application/json' })]
  try {
    return await fetchProtectedResource(config, token, url, method, text, headers)
  } catch (error) {
    if (error instanceof WWWAuthenticateChallengeError) return error.response
    throw error
  }
}

type Response_ = globalThis.Response
