// jose 4 to 6: the functions that validate a compact token. Each is exported by a file of its own,
// and its main module exports them again; so the files are hooked, and `import` of either gives the
// same wrapper. Version 6 is an ES module: `require` gives a namespace that cannot be changed, and
// the application gets a copy. Older versions have files of CommonJS for `require`; there the
// signature alone is not seen, for `jwtVerify` itself goes that way.
//
// A wrapper calls the function and passes on what comes of it, the same value or the same error.
import type { ShownToken, ValidationFacts } from '../../facts.ts'
import { type RoleClaims, verifiedClaims } from '../claims.ts'
import { fence } from '../fence.ts'
import type { Instrument, TokenHookOptions } from '../instrument.ts'
import { createReplacements } from '../members.ts'
import type { Library } from '../modules.ts'
import { attempt, type Members, record, text } from '../unknown.ts'
import { createValidations } from '../validations.ts'
import { asOriginal } from '../wrap.ts'
import { joseError } from './reason.ts'

type Validator = (this: unknown, ...args: unknown[]) => unknown

/** The functions, and how a token that they validate looks. */
const validators: Readonly<Record<string, ValidationFacts['format']>> = {
  jwtVerify: 'jwt',
  jwtDecrypt: 'jwe',
  compactVerify: 'jwt',
}
/** What `require` may be asked for, or be asked for within. */
const names = [
  ...['jose', 'jose/jwt/verify', 'jose/jwt/decrypt', 'jose/jws/compact/verify'],
  ...['jose/dist/node/cjs/jwt/verify', 'jose/dist/node/cjs/jwt/decrypt'],
]
const files = [
  ...['webapi/jwt/verify', 'webapi/jwt/decrypt', 'webapi/jws/compact/verify'],
  ...['node/esm/jwt/verify', 'node/esm/jwt/decrypt'],
]
const entry = new RegExp(`/node_modules/jose/dist/(?:${files.join('|')})\\.js$`)

/** See the head of this file. Nothing happens before the library is loaded. */
export function instrumentJose(options: TokenHookOptions): Instrument {
  const { onError, roleClaims } = options
  const tell = createValidations(options)
  const replacements = createReplacements()
  let isEnabled = true
  /** The token that is validated further up, while its function runs until its first `await`. */
  let running: unknown

  function onEnd(call: Call, facts: Outcome): void {
    const { token, format, startedAtMs } = call
    if (!isEnabled || token === null) return
    const { claims, error, header, typ } = facts
    const validation = { library: 'jose', error, format, header, claims }
    tell({ token, facts: validation, startedAtMs, type: typeOf(call.options, typ) })
  }

  function wrap(validate: Validator, name: string): Validator {
    const format = validators[name]!
    return {
      [name](this: unknown, ...args: unknown[]): unknown {
        // jwtVerify of 6.0 calls compactVerify.
        if (!isEnabled || (args[0] !== undefined && args[0] === running)) {
          return validate.apply(this, args)
        }
        const startedAtMs = performance.now()
        const outer = running
        running = args[0]
        let result: unknown
        try {
          result = validate.apply(this, args)
        } finally {
          running = outer
        }
        if (!(result instanceof Promise)) return result
        const call = { token: tokenOf(args[0]), options: record(args[2]), format, startedAtMs }
        return result.then(
          (value: unknown) => {
            fence(() => onEnd(call, success(value, roleClaims)), onError)
            return value
          },
          (error: unknown) => {
            fence(() => onEnd(call, failure(error)), onError)
            throw error
          },
        )
      },
    }[name] as Validator
  }

  function onLoad(exports: Record<string, unknown>): void {
    for (const name of Object.keys(validators)) {
      // The main module of older versions has getters, which lead to the hooked files.
      if (Object.getOwnPropertyDescriptor(exports, name)?.get !== undefined) continue
      replacements.replace(exports, name, (original) =>
        asOriginal(wrap(original as Validator, name), original),
      )
    }
  }

  return {
    libraries: names.map((name): Library => ({ name, entry, onLoad, setsMembers: true })),
    isHooked: () => !replacements.isEmpty(),
    settle: () => Promise.resolve(0),
    disable: () => {
      isEnabled = false
      replacements.restore()
    },
  }
}

interface Call {
  readonly token: string | null
  readonly options: Members
  readonly format: ValidationFacts['format']
  readonly startedAtMs: number
}

interface Outcome extends Pick<ValidationFacts, 'claims' | 'error' | 'header'> {
  /** `typ` of a header that was verified. */
  readonly typ: string | null
}

function success(value: unknown, roleClaims: RoleClaims): Outcome {
  const { payload, protectedHeader } = record(value)
  const { alg, kid, typ } = record(protectedHeader)
  // compactVerify gives bytes.
  const claims = payload instanceof Uint8Array ? jsonIn(payload) : payload
  return {
    error: null,
    header: { alg: text(alg), kid: text(kid) },
    claims: verifiedClaims(claims, roleClaims),
    typ: text(typ),
  }
}

/** Nothing of the token: whoever wrote it need not be its issuer. */
function failure(thrown: unknown): Outcome {
  return { error: joseError(thrown), header: { alg: null, kid: null }, claims: null, typ: null }
}

function tokenOf(argument: unknown): string | null {
  return argument instanceof Uint8Array ? Buffer.from(argument).toString('latin1') : text(argument)
}

function jsonIn(bytes: Uint8Array): unknown {
  return attempt(() => JSON.parse(Buffer.from(bytes).toString('utf8')))
}

/** What kind of token it is, by its header or by what the caller asks of it; null: not of OAuth. */
function typeOf(
  { typ, issuer, audience }: Members,
  verified: string | null,
): ShownToken['type'] | null {
  const named = (text(typ) ?? verified ?? 'jwt').toLowerCase().replace(/^application\//, '')
  if (named === 'at+jwt') return 'access_token'
  if (named === 'logout+jwt') return 'logout_token'
  return named === 'jwt' && (issuer !== undefined || audience !== undefined) ? 'unknown' : null
}
