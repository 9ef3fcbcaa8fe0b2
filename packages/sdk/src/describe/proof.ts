// Keys: what a DPoP proof showed, and which key or certificate a token is bound to.
import { ATTR } from '@grantlog/record'
import type { ErrorFacts, ServerFacts } from '../facts.ts'
import type { Outcome } from './outcome.ts'
import { reasonOf } from './reason.ts'
import type { Told, Value } from './value.ts'

const thumbprintForm = /^[\w-]{43}$/

/** RFC 9449 and RFC 8705. */
export function describeProof(told: Told, facts: ServerFacts, outcome: Outcome): void {
  const { boundKey, boundCertificate } = facts.proof
  const isShown = outcome === 'success' && showing.has(facts.endpoint)
  told.add(ATTR.OAUTH_DPOP_RESULT, dpopOf(facts, outcome))
  told.add(
    ATTR.OAUTH_TOKEN_CNF_JKT,
    boundKey !== null && thumbprintForm.test(boundKey) ? boundKey : null,
  )
  // Only where the token is for whoever asks did the other end show the certificate.
  told.add(ATTR.TLS_CLIENT_HASH_SHA256, isShown ? hexOf(boundCertificate) : null)
}

/** Endpoints where a token is got or used by whoever holds its key. */
const showing: ReadonlySet<string> = new Set(['token', 'userinfo', 'credential'])

/** A proof that the server did not look at, or that binds nothing, has shown nothing. */
function dpopOf({ error, proof }: ServerFacts, outcome: Outcome): Value {
  if (error !== null) return reasonOf(error) === 'dpop_invalid' ? resultOf(error) : null
  return outcome === 'success' && proof.hasDpop && proof.boundKey !== null ? 'ok' : null
}

const byText: readonly (readonly [RegExp, string])[] = [
  [/Replay detected/, 'replay'],
  [/jkt verification|does not match dpop_jkt/, 'key_mismatch'],
  [/not provided|missing DPoP|proof missing/, 'missing'],
]

function resultOf({ code, detail, description }: ErrorFacts): string {
  if (code === 'use_dpop_nonce') return 'nonce_required'
  const text = `${detail ?? ''}\n${description ?? ''}`
  return byText.find(([pattern]) => pattern.test(text))?.[1] ?? 'invalid'
}

/** As the registry has it: upper-case hex of the SHA-256. */
function hexOf(thumbprint: string | null): Value {
  if (thumbprint === null || !thumbprintForm.test(thumbprint)) return null
  return Buffer.from(thumbprint, 'base64url').toString('hex').toUpperCase()
}
