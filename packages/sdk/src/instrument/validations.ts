// Where it belongs what a library said of a token: to the served request that presented it, or into
// a record of its own. See validations.test.ts.
//
// One token may be validated more than once: by a validator for each of several issuers until one
// knows it, or first for its signature and then for its claims. A success stays, whatever comes
// after or before; a failure after it is kept apart, for it counts when the request is refused.
//
// A library may use another one: what that says stays with the request, too, but makes no record of
// its own until the outer one has ended (validating.ts).
import type { ShownToken } from '../facts.ts'
import type { KeyLookup, ValidationFacts } from '../validation-facts.ts'
import { timesSince } from './clock.ts'
import type { HookOptions } from './instrument.ts'
import { servedSpan } from './parent.ts'
import { presentedBy } from './presented.ts'
import type { Scopes, ServedRequest } from './scopes.ts'

export interface Validated {
  /** Raw. */
  readonly token: string
  readonly facts: ValidationFacts
  /** `performance.now()` when the library was called. */
  readonly startedAtMs: number
  /** null: not a token of OAuth as far as can be seen, so that no record of its own is made. */
  readonly type: ShownToken['type'] | null
}

/**
 * Tells of a token that a library has validated; called in the scope in which it was. `request` is
 * the one that it was validated for, where the library knows; else the one served here and now.
 */
export type TellValidated = (validated: Validated, request?: ServedRequest) => void

export function createValidations({ begin, measures, scopes }: HookOptions): TellValidated {
  return (validated, request) => {
    const served = running(request ?? scopes.served())
    // A library that makes the record itself validates what it needs.
    if (served?.isClaimed || scopes.calling() !== undefined) return
    const outer = scopes.validating()
    const own = withKeys(validated, outer?.keys ?? served?.keys)
    const holders = holdersOf(validated.token, served, scopes)
    for (const one of holders) {
      one.parent ??= one === served ? servedSpan() : null
      keepValidation(one, own.facts)
    }
    // Of all around it, for one that never ends must not keep it from the others.
    for (let at = outer; at !== undefined; at = at.outer) at.said.push(own)
    if (outer !== undefined) return
    measures?.validated(own.facts, secondsSince(own.startedAtMs))
    if (holders.length === 0 && validated.type !== null) recordApart(own, validated.type)
  }

  function recordApart({ token, facts, startedAtMs }: Validated, type: ShownToken['type']): void {
    const action = 'oauth.token_validation'
    const ticket = begin(action, 'resource_server')
    try {
      const shown = { value: token, type, scheme: null, location: null }
      ticket.record(
        {
          ...{ kind: 'access', action, http: null, token: shown, validation: facts },
          ...{ challenge: null, responseBytes: null, responseRows: null, isCut: false },
          endedAtS: Math.floor(Date.now() / 1000),
        },
        { ...timesSince(startedAtMs), parent: servedSpan() },
      )
    } catch (error) {
      ticket.lose(error)
    }
  }
}

function secondsSince(startedAtMs: number): number {
  return (performance.now() - startedAtMs) / 1000
}

function withKeys(validated: Validated, keys: KeyLookup | undefined): Validated {
  if (keys === undefined || validated.facts.keys !== undefined) return validated
  return { ...validated, facts: { ...validated.facts, keys } }
}

/**
 * Tells where a key came from, of the validation and of the request that run here and now. Who
 * had to ask once has asked.
 */
export function tellKeys(keys: KeyLookup, scopes: Scopes): void {
  for (const one of [scopes.validating(), running(scopes.served())]) {
    if (one !== undefined && one.keys?.isHit !== false) one.keys = keys
  }
}

/** What was started in a request and goes on after its end is none of its business. */
function running(served: ServedRequest | undefined): ServedRequest | undefined {
  return served?.context === null ? undefined : served
}

/**
 * The requests that a token is about: the one that is served here and now, else all that presented
 * it, for what was found is true of the token, whoever holds it.
 */
export function holdersOf(
  token: string,
  served: ServedRequest | undefined,
  { presenting }: Pick<Scopes, 'presenting'>,
): readonly ServedRequest[] {
  const isHere = served !== undefined && presentedBy(served)?.value === token
  return isHere ? [served] : presenting(token)
}

/** Leaves it with the request that presented the token; see the head of this file. */
export function keepValidation(served: ServedRequest, facts: ValidationFacts): void {
  const isValid = served.validation?.error === null
  if (isValid && facts.error !== null) served.failure = facts
  else served.validation = facts
}
