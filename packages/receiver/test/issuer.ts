// An issuer of access tokens with keys of its own, which can be rotated, lost and unreachable.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type CryptoKey,
  generateKeyPair,
  exportJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose'

export interface TokenOptions {
  readonly header?: Record<string, unknown>
  /** Instead of the claims that a good token has; undefined takes one out. */
  readonly claims?: Record<string, unknown>
}

export interface Issuer extends AsyncDisposable {
  readonly url: string
  /** The public keys that it shows now. */
  readonly keys: JWK[]
  /** Paths that were asked for. */
  readonly asked: string[]
  /** What it answers in place of its keys: a status, or a text. */
  broken: number | string | null
  /** A new key takes the place of the old one, which is shown no more. */
  rotate(): Promise<void>
  /** An access token of the newest key for the audience `grantlog`. */
  token(options?: TokenOptions): Promise<string>
}

export async function startIssuer(alg = 'RS256'): Promise<Issuer> {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    issuer.asked.push(path)
    if (issuer.broken !== null && path === '/jwks') {
      const { broken } = issuer
      response.writeHead(typeof broken === 'number' ? broken : 200)
      response.end(typeof broken === 'number' ? '' : broken)
    } else if (path === '/jwks') response.end(JSON.stringify({ keys: issuer.keys }))
    else if (path === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` }))
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  let made = 0
  let privateKey: CryptoKey
  const issuer: Issuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys: [],
    asked: [],
    broken: null,
    async rotate() {
      const pair = await generateKeyPair(alg)
      privateKey = pair.privateKey
      issuer.keys.splice(0, 1, { ...(await exportJWK(pair.publicKey)), kid: `key-${++made}`, alg })
    },
    async token({ claims, header } = {}) {
      const payload = { ...goodClaims(issuer.url), ...claims } as JWTPayload
      const protectedHeader = { alg, kid: `key-${made}`, typ: 'at+jwt', ...header }
      return await new SignJWT(payload).setProtectedHeader(protectedHeader).sign(privateKey)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  await issuer.rotate()
  return issuer
}

export function goodClaims(iss: string): JWTPayload {
  const nowS = Math.floor(Date.now() / 1_000)
  const times = { iat: nowS, exp: nowS + 300 }
  return {
    iss,
    aud: 'grantlog',
    sub: 'client-1',
    client_id: 'client-1',
    scope: 'audit:write',
    ...times,
  }
}
