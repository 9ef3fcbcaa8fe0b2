// One call from start to end: when, under which span, and exactly one record.
import type { Begin } from '../../event.ts'
import type { CallFacts, ValidationFacts } from '../../facts.ts'
import { startStopwatch } from '../clock.ts'
import { parentOf } from '../parent.ts'
import { countRunning, type Running } from '../running.ts'
import type { ServedRequest, Scopes } from '../scopes.ts'
import { holdersOf, keepValidation } from '../validations.ts'
import { decodeJwt } from './jwt.ts'

/** A call that runs. Ends once; what comes after that does nothing. */
export interface OpenCall {
  /** Numbers it and makes its record; whatever `tell` throws leaves a gap. */
  readonly end: (action: string, tell: () => CallFacts) => void
  /** It was none that is audited. */
  readonly drop: () => void
}

export interface Calls {
  readonly open: () => OpenCall
  readonly settle: Running['settle']
  /** From now on nothing is recorded. */
  readonly stop: () => void
}

export function createCalls({
  begin,
  scopes,
}: {
  readonly begin: Begin
  readonly scopes: Scopes
}): Calls {
  const running = countRunning()
  let isStopped = false

  function open(): OpenCall {
    const { startTimeUnixNano, stop } = startStopwatch()
    const served = scopes.served()
    const parent = parentOf(undefined) ?? served?.parent ?? null
    let isOpen = true
    running.enter()
    const close = (record: () => void): void => {
      if (!isOpen) return
      isOpen = false
      try {
        if (!isStopped) record()
      } finally {
        running.leave()
      }
    }
    return {
      drop: () => close(() => undefined),
      end: (action, tell) =>
        close(() => {
          const ticket = begin(action, 'client')
          try {
            const facts = tell()
            tellServed(facts, served, scopes)
            ticket.record(facts, { startTimeUnixNano, endTimeUnixNano: stop(), parent })
          } catch (error) {
            ticket.lose(error)
          }
        }),
    }
  }

  return {
    open,
    settle: running.settle,
    stop: () => {
      isStopped = true
    },
  }
}

/** Who introspects the token of the request that is served has validated it (RFC 7662). */
function tellServed(
  { library, token, active, claims }: CallFacts,
  served: ServedRequest | undefined,
  scopes: Scopes,
): void {
  if (active === null || token === null) return
  const facts: ValidationFacts = {
    library,
    error: active ? null : { code: 'inactive', reason: 'other' },
    format: decodeJwt(token.value) === null ? 'opaque' : 'jwt',
    header: { alg: null, kid: null },
    claims,
  }
  for (const one of holdersOf(token.value, served, scopes)) keepValidation(one, facts)
}
