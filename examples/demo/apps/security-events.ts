// Takes Security Event Tokens (RFC 8417) that are pushed (RFC 8935), and ends the session that an
// event `session-revoked` of OpenID CAEP names. The session is named by its keyed hash, as in audit
// records: whoever sends it never knew its id. Nothing else of Grantlog is in here.
import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import type Provider from 'oidc-provider'

export interface SecurityEvents {
  readonly issuer: string
  readonly audience: string
  /**
   * File with the sender's JWK Set, and one with the key that people and sessions are hashed by.
   */
  readonly keys: string
  readonly hashKeys: string
}

const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'

interface Told extends JWTPayload {
  readonly sub_id?: { readonly session?: { readonly id?: string } }
  readonly events?: Readonly<Record<string, unknown>>
}

export async function takeSecurityEvents(
  provider: Provider,
  { audience, hashKeys, issuer, keys }: SecurityEvents,
): Promise<(request: IncomingMessage, response: ServerResponse) => Promise<void>> {
  const hashed = JSON.parse(await readFile(hashKeys, 'utf8')) as { personKey: HashKey }
  const hashOf = hashWith(hashed.personKey)
  const uids = new Map<string, string>()
  const taken = new Set<string>()
  provider.on('session.saved', ({ uid }: { uid: string }) => uids.set(hashOf(uid), uid))

  async function take(token: string): Promise<void> {
    const set = JSON.parse(await readFile(keys, 'utf8')) as JSONWebKeySet
    const checked = { audience, issuer, typ: 'secevent+jwt' }
    const { payload } = await jwtVerify<Told>(token, createLocalJWKSet(set), checked)
    const { events = {}, jti = '', sub_id: subject } = payload
    // It is sent again when our answer got lost.
    if (taken.has(jti) || !(sessionRevoked in events)) return
    const uid = uids.get(subject?.session?.id ?? '')
    if (uid !== undefined) await revoke(provider, uid)
    taken.add(jti)
  }

  return async (request, response) => {
    try {
      await take(await text(request))
      response.writeHead(202).end()
    } catch (error) {
      // RFC 8935 2.4.
      const isKey = error instanceof errors.JWSSignatureVerificationFailed
      const err = isKey ? 'invalid_key' : 'invalid_request'
      const body = JSON.stringify({ err, description: 'The token cannot be taken.' })
      response.writeHead(400, { 'content-type': 'application/json' }).end(body)
    }
  }
}

interface HashKey {
  readonly kid: string
  readonly k: string
}

/** `<kid>.<b64url of the first 16 bytes of HMAC-SHA-256>` */
function hashWith({ k, kid }: HashKey): (value: string) => string {
  const key = Buffer.from(k, 'base64url')
  return (value) => {
    const mac = createHmac('sha256', key).update(value).digest().subarray(0, 16)
    return `${kid}.${mac.toString('base64url')}`
  }
}

/** The session, and all that was granted in it. */
async function revoke(provider: Provider, uid: string): Promise<void> {
  const session = await provider.Session.findByUid(uid)
  if (session === undefined) return
  for (const { grantId } of Object.values(session.authorizations ?? {})) {
    if (grantId === undefined) continue
    await provider.AccessToken.revokeByGrantId(grantId)
    await provider.RefreshToken.revokeByGrantId(grantId)
    await (await provider.Grant.find(grantId))?.destroy()
  }
  await session.destroy()
}
