// Asks an issuer for its metadata and its keys. Only URLs of the configuration are asked, and the
// one that the metadata behind such a URL names; nothing of a token ever becomes one.
import { ReceiverError } from '../../codes.ts'
import { MAX_ISSUER_ANSWER_BYTES } from '../../caller-limits.ts'
import { isSafeUrl, type IssuerOptions } from '../options.ts'

/** JSON of the issuer's JWK Set, unchecked. Errors: any, with a message that is for operators. */
export async function fetchKeys(
  { issuer, jwksUri }: Pick<IssuerOptions, 'issuer' | 'jwksUri'>,
  timeoutMs: number,
): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs)
  return await fetchJson(jwksUri ?? (await discover(issuer, signal)), signal)
}

/** OpenID Connect Discovery 1.0, 4; and RFC 8414, 3, whose path stands elsewhere. */
async function discover(issuer: string, signal: AbortSignal): Promise<string> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
  let failure: unknown
  for (const place of places) {
    try {
      const metadata = (await fetchJson(place, signal)) as Record<string, unknown> | null
      if (metadata?.issuer !== issuer) throw unreachable('its metadata names another issuer')
      const uri = metadata.jwks_uri
      if (typeof uri === 'string' && isSafeUrl(uri)) return uri
      throw unreachable('its metadata has no https jwks_uri')
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}

async function fetchJson(url: string, signal: AbortSignal): Promise<unknown> {
  const headers = { accept: 'application/json, application/jwk-set+json' }
  const response = await fetch(url, { headers, redirect: 'error', signal })
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel()
    throw unreachable(`${new URL(url).pathname} answers ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    total += chunk.length
    if (total > MAX_ISSUER_ANSWER_BYTES) throw unreachable('its answer is too large')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString()) as unknown
}

function unreachable(detail: string): ReceiverError {
  return new ReceiverError('RECEIVER_ISSUER_UNREACHABLE', detail)
}
