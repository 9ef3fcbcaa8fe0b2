// A validation by a library that may use others for it: express-jwt in front of jsonwebtoken. The
// outermost one is told, with what only the inner ones know: the real reason, the claims, the key.
// See validating.test.ts.
import type { ShownToken, ValidationFacts, VerifiedClaims } from '../facts.ts'
import { type RoleClaims, verifiedClaims } from './claims.ts'
import type { TokenHookOptions } from './instrument.ts'
import { presentedBy } from './presented.ts'
import type { ServedRequest, Validating } from './scopes.ts'
import { record, text, texts } from './unknown.ts'
import { createValidations, type Validated } from './validations.ts'

/** What a library said of a token; what is left out is not known. */
export interface ToldValidation {
  /** The part of the library that did it, such as a strategy: `passport/jwt`. */
  readonly part?: string | null
  /** Raw: it leaves as a keyed hash. By default the one that the served request presented. */
  readonly token?: string | null
  /**
   * What kind of token it is. Without it no record is made of a token that no request presented:
   * JWTs are used for much that is not OAuth.
   */
  readonly type?: ShownToken['type'] | null
  readonly format?: ValidationFacts['format']
  /** Of a verified token alone, by their names in a JWT or an introspection response. */
  readonly claims?: unknown
  /** `alg` and `kid` of a verified token. */
  readonly header?: unknown
  /** Why it, or its holder, was refused. */
  readonly refusal?: { readonly code: string; readonly reason: Reason } | null
  /** What the holder needs. */
  readonly requiredScopes?: readonly string[]
}

/** Why a token is refused: a part of `oauth.error.reason`. What else is told is `other`. */
export const reasons = [
  'access_denied',
  'account_unknown',
  'acr_insufficient',
  'algorithm_not_allowed',
  'audience_mismatch',
  'certificate_mismatch',
  'claim_invalid',
  'dpop_invalid',
  'internal',
  'issuer_mismatch',
  'jwks_unavailable',
  'key_unknown',
  'nonce_mismatch',
  'other',
  'rate_limited',
  'request_invalid',
  'role_insufficient',
  'scope_insufficient',
  'signature_invalid',
  'token_expired',
  'token_malformed',
  'token_missing',
  'token_not_yet_valid',
  'token_revoked',
  'token_unknown',
] as const

export type Reason = (typeof reasons)[number]

/** A validation that runs. Ends once; what comes after that does nothing. */
export interface OpenValidation {
  /** Runs it; what it gives or throws is passed on. */
  readonly run: <T>(work: () => T) => T
  /** null: it says nothing, and what libraries within it said stands. */
  readonly end: (told: ToldValidation | null) => void
}

/** Opens a validation, of the token of this request; without it, of the one served here and now. */
export type OpenValidations = (request?: ServedRequest) => OpenValidation

export function createOpenValidations(options: TokenHookOptions, library: string): OpenValidations {
  const { scopes, roleClaims } = options
  const tell = createValidations(options)
  return (request) => {
    const served = request ?? scopes.served()
    const startedAtMs = performance.now()
    const validating: Validating = { said: [], isOver: false, outer: scopes.validating() }
    return {
      run: (work) => scopes.validate(validating, work),
      end: (told) => {
        if (validating.isOver) return
        validating.isOver = true
        const token = told && text(told.token === undefined ? tokenOf(served) : told.token)
        const all = validating.said.splice(0)
        takeFrom(validating.outer, all)
        const inner = all.filter((one) => {
          if (one.token !== token) tell(one, served)
          return one.token === token
        })
        if (told === null || token === null) return
        const { keys } = validating
        const said = composed({ library, told, token, inner, roleClaims })
        const facts = keys === undefined ? said : { ...said, keys }
        const own = types.find((one) => one === told.type) ?? null
        const type = own ?? inner.find((one) => one.type !== null)?.type ?? null
        tell({ token, facts, startedAtMs, type }, served)
      },
    }
  }
}

/** What is told as a part of this one is not told again by those around it. */
function takeFrom(outer: Validating | undefined, told: readonly Validated[]): void {
  for (let at = outer; at !== undefined; at = at.outer) {
    at.said.splice(0, Infinity, ...at.said.filter((one) => !told.includes(one)))
  }
}

function tokenOf(served: ServedRequest | undefined): string | null {
  return served === undefined ? null : (presentedBy(served)?.value ?? null)
}

interface Parts {
  readonly library: string
  readonly told: ToldValidation
  readonly token: string
  readonly inner: readonly Validated[]
  readonly roleClaims: RoleClaims
}

const formats: readonly ValidationFacts['format'][] = ['jwt', 'jwe', 'opaque']
const types: readonly ShownToken['type'][] = ['access_token', 'logout_token', 'unknown']
const codeForm = /^[\w.:-]{1,64}$/
const partForm = /^[\w.-]{1,32}$/
const jwtForm = /^ey[\w-]+\.[\w-]+\.[\w-]*$/

function composed({ library, told, token, inner, roleClaims }: Parts): ValidationFacts {
  const accepted = inner.findLast(({ facts }) => facts.error === null)?.facts
  const { alg = accepted?.header.alg, kid = accepted?.header.kid } = record(told.header)
  const own = told.claims === undefined ? null : verifiedClaims(told.claims, roleClaims)
  const error = errorOf(told, inner)
  const format = formats.find((one) => one === told.format) ?? (accepted ?? inner[0]?.facts)?.format
  const required = texts(told.requiredScopes)
  const isKnown = error === null || aboutHolders.has(error.reason)
  return {
    library: partForm.test(told.part ?? '') ? `${library}/${told.part}` : library,
    error,
    format: format ?? (jwtForm.test(token) ? 'jwt' : 'opaque'),
    header: { alg: text(alg), kid: text(kid) },
    claims: claimsOf(own, isKnown ? (accepted?.claims ?? null) : null),
    ...(required.length > 0 ? { requiredScopes: required } : {}),
  }
}

/** Reasons for which a token that is right itself is refused: whoever shows it is known. */
const aboutHolders = new Set<string>([
  ...['access_denied', 'account_unknown', 'acr_insufficient', 'internal', 'rate_limited'],
  ...['role_insufficient', 'scope_insufficient'],
])

/** Reasons that are found before anything of a token is believed. */
const beforeClaims = new Set<string>([
  ...['algorithm_not_allowed', 'key_unknown', 'other', 'signature_invalid', 'token_malformed'],
  ...['token_unknown'],
])

/**
 * A library that only passes an error on knows less than the one that found it, and one that tries
 * several keys may pass on that of the wrong one. Of a token that was found good it is the user
 * that is not known.
 */
function errorOf({ refusal }: ToldValidation, inner: readonly Validated[]): Refusal | null {
  if (!refusal) return null
  const code = codeForm.test(refusal.code) ? refusal.code : '_OTHER'
  const reason = reasons.includes(refusal.reason) ? refusal.reason : 'other'
  if (!beforeClaims.has(reason)) return { code, reason }
  const isGood = inner.some(({ facts }) => facts.error === null)
  if (isGood) return { code, reason: reason === 'token_unknown' ? 'account_unknown' : reason }
  const said = inner.flatMap(({ facts }) => facts.error?.reason ?? [])
  const isVague = reason === 'other' || reason === 'token_unknown'
  const found = said.findLast((one) => !beforeClaims.has(one))
  return { code, reason: found ?? (isVague ? said.at(-1) : null) ?? reason }
}

type Refusal = NonNullable<ValidationFacts['error']>

/** The inner library has read the token; the outer one knows what the application made of it. */
function claimsOf(
  outer: VerifiedClaims | null,
  inner: VerifiedClaims | null,
): VerifiedClaims | null {
  if (outer === null || inner === null) return outer ?? inner
  const known = Object.entries(inner).filter(
    ([, value]) => value !== null && value !== false && !(Array.isArray(value) && !value.length),
  )
  return { ...outer, ...Object.fromEntries(known) }
}
