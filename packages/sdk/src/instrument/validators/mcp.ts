// Bearer tokens at servers of the Model Context Protocol (MCP): the middleware of
// @modelcontextprotocol/sdk 1 (both kinds of modules), and @modelcontextprotocol/server 2, which
// its Express middleware calls. Who asks for too much is known from the verifier, which the
// application gives them.
import {
  type AnyFunction,
  defineInstrumentation,
  type Instrumentation,
  type Wrap,
} from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import { type EndedCall, type EndedGuard } from '../defined/watch.ts'
import { makesGuards, makesValidators, validates } from '../defined/watch.ts'
import { inFront } from '../front.ts'
import { attempt, isObject, type Members, record, text, texts } from '../unknown.ts'
import type { Reason, ToldValidation } from '../validating.ts'

/** The middleware of version 1, which server-legacy has still. */
export const guardHooks: Readonly<Record<string, Wrap>> = {
  requireBearerAuth: withVerifier(0, makesGuards(tellGuard)),
}

export const mcpSdk: Instrumentation = defineInstrumentation({
  name: '@modelcontextprotocol/sdk',
  modules: [
    {
      name: '@modelcontextprotocol/sdk/dist/cjs/server/auth/middleware/bearerAuth',
      files: ['dist/esm/server/auth/middleware/bearerAuth.js'],
      hooks: guardHooks,
    },
  ],
})

export const mcpServer: Instrumentation = defineInstrumentation({
  name: '@modelcontextprotocol/server',
  modules: [
    {
      name: '@modelcontextprotocol/server',
      files: ['dist/index.mjs'],
      hooks: {
        verifyBearerToken: withVerifier(1, validates(tellVerified)),
        requireBearerAuth: withVerifier(0, makesValidators(tellGate)),
      },
    },
  ],
})

const type = 'access_token'

/** AuthInfo as claims. Of a user it knows nothing but what the application adds. */
function claimsOf(info: unknown): Members {
  const { clientId, scopes, expiresAt, resource, extra } = record(info)
  const { sub, userId } = record(extra)
  return {
    ...{ client_id: clientId, scope: texts(scopes).join(' '), exp: expiresAt },
    ...{ aud: resource instanceof URL ? resource.href : resource, sub: sub ?? userId },
  }
}

/** Both have the same texts. */
const byText: readonly (readonly [RegExp, Reason])[] = [
  [/^Token has expired/, 'token_expired'],
  [/^Token has no expiration/, 'claim_invalid'],
  [/^Token was not issued for this resource/, 'audience_mismatch'],
  [/^Invalid Authorization header/, 'token_malformed'],
  [/^Missing Authorization header/, 'token_missing'],
]
const byCode: Readonly<Record<string, Reason>> = {
  insufficient_scope: 'scope_insufficient',
  invalid_token: 'token_unknown',
  server_error: 'internal',
}

function refusalOf(code: string | null, message: unknown): { code: string; reason: Reason } {
  const said = text(message) ?? ''
  const known = byText.find(([pattern]) => pattern.test(said))?.[1]
  const own = code ?? 'server_error'
  return { code: own, reason: known ?? (Object.hasOwn(byCode, own) ? byCode[own]! : 'other') }
}

function scopesOf(options: unknown): readonly string[] {
  return texts(record(options).requiredScopes)
}

/** Of version 1: it answers itself. */
function tellGuard({ args, made, isLetIn }: EndedGuard): ToldValidation | null {
  const [request, response] = args
  const requiredScopes = scopesOf(made[0])
  if (isLetIn) return { type, requiredScopes, claims: claimsOf(record(request).auth) }
  const { getHeader } = record(response)
  const header = typeof getHeader === 'function' ? getHeader.call(response, 'www-authenticate') : ''
  return { type, requiredScopes, refusal: challengeOf(header) }
}

/** Of version 2, for handlers of web requests: it gives AuthInfo, or the answer. */
function tellGate({ made, result }: EndedCall): ToldValidation | null {
  const requiredScopes = scopesOf(made[0])
  if (!(result instanceof Response)) return { type, requiredScopes, claims: claimsOf(result) }
  const header = attempt(() => result.headers.get('www-authenticate'))
  return { type, requiredScopes, refusal: challengeOf(header) }
}

/** Of version 2, the core of both. */
function tellVerified({ args, result, error, hasFailed }: EndedCall): ToldValidation | null {
  const [header, options] = args
  const requiredScopes = scopesOf(options)
  const token = /^bearer +(\S+)/i.exec(text(header) ?? '')?.[1] ?? null
  if (!hasFailed) return { token, type, requiredScopes, claims: claimsOf(result) }
  const { code, message } = record(error)
  const isOwn = text(code) !== null && /^[a-z_]+$/.test(String(code))
  return { token, type, requiredScopes, refusal: refusalOf(isOwn ? String(code) : null, message) }
}

/** What both write into their challenge; without one the verifier broke. */
function challengeOf(header: unknown): { code: string; reason: Reason } {
  const challenge = text(header) ?? ''
  const [, code] = /error="([a-z_]+)"/.exec(challenge) ?? []
  const [, description] = /error_description="([^"]*)"/.exec(challenge) ?? []
  return refusalOf(code ?? null, description)
}

/** Has the verifier of the options at `index` watched, so that its AuthInfo is known. */
function withVerifier(index: number, wrap: Wrap): Wrap {
  return (original, seam) => {
    const wrapped = wrap(original, seam)
    const verify = validates(tellAuthInfo)
    return new Proxy(wrapped, {
      apply(target, self, args: unknown[]) {
        if (seam.isOff() || index >= args.length) return Reflect.apply(target, self, args)
        const own = seam.fenced(() => withOwn(args[index], verify, seam)) ?? args[index]
        return Reflect.apply(target, self, args.with(index, own))
      },
    })
  }
}

/** Options whose verifier is an object in front of the application's own. */
function withOwn(options: unknown, verify: Wrap, seam: Seam): unknown {
  const { verifier } = record(options)
  const method = record(verifier).verifyAccessToken
  if (!isObject(options) || !isObject(verifier) || typeof method !== 'function') return options
  // The application may have put another one there since.
  const ask: AnyFunction = (...args) =>
    Reflect.apply(record(verifier).verifyAccessToken as AnyFunction, verifier, args)
  const verifyAccessToken = verify(ask, seam)
  const front = Object.create(verifier, {
    verifyAccessToken: { value: verifyAccessToken },
  }) as object
  return inFront(options, { verifier: front })
}

function tellAuthInfo({ args, result, hasFailed }: EndedCall): ToldValidation | null {
  // What it throws, the middleware tells.
  return hasFailed ? null : { token: text(args[0]), type, claims: claimsOf(result) }
}
