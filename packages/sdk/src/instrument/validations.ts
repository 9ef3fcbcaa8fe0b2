// Where it belongs what a library said of a token: to the served request that presented it, or into
// a record of its own. See validations.test.ts.
//
// One token may be validated more than once: by a validator for each of several issuers until one
// knows it, or first for its signature and then for its claims. A success stays, whatever comes
// after or before; a failure after it is kept apart, for it counts when the request is refused.
import type { ShownToken, ValidationFacts } from '../facts.ts'
import { timesSince } from './clock.ts'
import type { HookOptions } from './instruments.ts'
import { servedSpan } from './parent.ts'
import { presentedBy } from './presented.ts'
import type { ServedRequest } from './scopes.ts'

export interface Validated {
  /** Raw. */
  readonly token: string
  readonly facts: ValidationFacts
  /** `performance.now()` when the library was called. */
  readonly startedAtMs: number
  /** null: not a token of OAuth as far as can be seen, so that no record of its own is made. */
  readonly type: ShownToken['type'] | null
}

/** Tells of a token that a library has validated; called in the scope in which it was. */
export type TellValidated = (validated: Validated) => void

export function createValidations({ begin, scopes }: HookOptions): TellValidated {
  return (validated) => {
    const served = running(scopes.served())
    // A library that makes the record itself validates what it needs.
    if (served?.isClaimed || scopes.calling() !== undefined) return
    if (served !== undefined && presentedBy(served)?.value === validated.token) {
      served.parent ??= servedSpan()
      keepValidation(served, validated.facts)
    } else if (validated.type !== null) recordApart(validated, validated.type)
  }

  function recordApart({ token, facts, startedAtMs }: Validated, type: ShownToken['type']): void {
    const action = 'oauth.token_validation'
    const ticket = begin(action)
    try {
      const shown = { value: token, type, scheme: null, location: null }
      ticket.record(
        {
          ...{ kind: 'access', action, http: null, token: shown, validation: facts },
          ...{ challenge: null, responseBytes: null, isCut: false },
          endedAtS: Math.floor(Date.now() / 1000),
        },
        { ...timesSince(startedAtMs), parent: servedSpan() },
      )
    } catch (error) {
      ticket.lose(error)
    }
  }
}

/** What was started in a request and goes on after its end is none of its business. */
function running(served: ServedRequest | undefined): ServedRequest | undefined {
  return served?.context === null ? undefined : served
}

/** Leaves it with the request that presented the token; see the head of this file. */
export function keepValidation(served: ServedRequest, facts: ValidationFacts): void {
  const isValid = served.validation?.error === null
  if (isValid && facts.error !== null) served.failure = facts
  else served.validation = facts
}
