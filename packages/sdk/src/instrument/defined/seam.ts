// What a wrapper is given: the way from a library's function to the record.
import type { Calls } from '../client-call/call.ts'
import { fence, type OnHookError } from '../fence.ts'
import type { TokenHookOptions } from '../instrument.ts'
import { servedSpan } from '../parent.ts'
import { keepTold, type Scopes, type ServedRequest, type Told } from '../scopes.ts'
import { timesSince } from '../clock.ts'
import { isObject, record } from '../unknown.ts'
import type { Facts, HttpFacts, InteractionFacts } from '../../facts.ts'
import type { KeyLookup } from '../../validation-facts.ts'
import { tellKeys } from '../validations.ts'
import { createOpenValidations, type OpenValidation } from '../validating.ts'
import { actionFacts, checkAction, type ToldAction } from './action.ts'

/** What an application's own page did. */
export type ToldInteraction = Omit<InteractionFacts, 'kind' | 'library' | 'http'>

/** Of one library. */
export interface Seam {
  readonly library: string
  /** The function is called as if nobody watched. */
  readonly isOff: () => boolean
  /** null: it cannot be watched. */
  readonly openValidation: (request?: ServedRequest) => OpenValidation | null
  readonly calls: Calls
  readonly scopes: Scopes
  readonly options: TokenHookOptions
  readonly onError: OnHookError
  /** Runs a part of the hook: what it throws is told, and never reaches the application. */
  readonly fenced: <T>(hook: () => T) => T | null
  /** The request that one of these objects of a framework is about; else that here and now. */
  readonly servedOf: (...requests: readonly unknown[]) => ServedRequest | undefined
  /** Where a key came from that a token is validated with. */
  readonly tellKeys: (keys: KeyLookup) => void
  /** Makes the record of what was done when that request ends; without one, now. */
  readonly tellAction: (told: ToldAction, served: ServedRequest | undefined) => void
  /** The same of a log-in, or of a consent that is given or taken back apart from a request. */
  readonly tellInteraction: (told: ToldInteraction, served: ServedRequest | undefined) => void
  /** The same of what is about to be done; what comes of it has to be told after it. */
  readonly tellBegun: (told: ToldAction, served: ServedRequest | undefined) => void
  /**
   * The same, where what was done is known only when that request has ended. Where its connection
   * ends while not all `isDone`, it has to be told again when it is.
   */
  readonly tellAtEnd: (
    action: ToldAction['action'],
    tell: (http: HttpFacts) => ToldAction,
    served: ServedRequest,
    isDone?: () => boolean,
  ) => void
}

export interface SeamParts {
  readonly library: string
  readonly calls: Calls
  readonly isStopped: () => boolean
}

export function createSeam(options: TokenHookOptions, parts: SeamParts): Seam {
  const { scopes, onError, begin } = options
  const { library, calls, isStopped } = parts

  function tell(
    action: Told['action'],
    facts: (http: HttpFacts | null) => Facts,
    served: ServedRequest | undefined,
  ): void {
    if (served !== undefined && isOpen(served)) return keepTold(served, { action, facts })
    const ticket = begin(action, 'authorization_server')
    try {
      const times = timesSince(performance.now())
      ticket.record(facts(null), { ...times, parent: servedSpan() })
    } catch (error) {
      ticket.lose(error)
    }
  }

  function tellAction(told: ToldAction, served: ServedRequest | undefined): void {
    checkAction(told)
    tell(told.action, (http) => actionFacts(library, told, http), served)
  }

  const open = createOpenValidations(options, library)
  return {
    ...{ library, calls, scopes, options, onError, tellAction },
    tellInteraction: (told, served) =>
      tell(told.action, (http) => ({ kind: 'interaction', library, ...told, http }), served),
    tellBegun: (told, served) => {
      checkAction(told)
      if (served === undefined || !isOpen(served)) return
      const facts = (http: HttpFacts): Facts => actionFacts(library, told, http)
      keepTold(served, { action: told.action, facts, isDone: () => false })
    },
    tellAtEnd: (action, tell, served, isDone) => {
      if (!isOpen(served)) return
      const facts = (http: HttpFacts): Facts => actionFacts(library, tell(http), http)
      keepTold(served, { action, facts, isDone })
    },
    isOff: isStopped,
    openValidation: (request) => fence(() => open(request), onError),
    tellKeys: (keys) => tellKeys(keys, scopes),
    fenced: (hook) => fence(hook, onError),
    servedOf: (...requests) => fence(() => servedOf(requests, scopes), onError) ?? undefined,
  }
}

/** Its record is still to be made. */
function isOpen({ context, late }: ServedRequest): boolean {
  return context !== null || late !== undefined
}

/** The request that is among them, else the one that is served here and now. */
export function servedOf(requests: readonly unknown[], scopes: Scopes): ServedRequest | undefined {
  for (const request of requests) {
    // Node's own, or within that of Koa (`req`) and of Fastify (`raw`).
    const { req, raw } = record(request)
    for (const one of [request, req, raw]) {
      const served = isObject(one) ? scopes.served(one) : undefined
      if (served !== undefined) return served
    }
  }
  return scopes.served()
}
