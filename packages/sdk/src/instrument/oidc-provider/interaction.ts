// Log-ins and consents happen at a page of the application, which reads the question with
// `interactionDetails` and gives the answer with `interactionResult`, also through
// `interactionFinished`. One request to that page makes one record when its response has ended:
// what it answered, or that it tried and did not. A page that is only shown makes none.
import { startStopwatch } from '../clock.ts'
import type { HookOptions } from '../instrument.ts'
import { parentOf } from '../parent.ts'
import type { Running } from '../running.ts'
import { isObject, type Members, record, text } from '../unknown.ts'
import { actionOf, type Answered, answerFacts, isShown } from './answer.ts'
import { type IncomingRequest, remoteAddressOf } from './context.ts'
import { createResponses } from './responses.ts'
import type { Settled } from './wrap.ts'

type OnEnd = ((settled: Settled) => void) | null

export interface Interactions {
  /** Each takes `this` and the arguments of the method, and gives what is to know its result. */
  readonly onDetails: (self: object, args: readonly unknown[]) => OnEnd
  readonly onResult: (self: object, args: readonly unknown[]) => OnEnd
  /** Takes the arguments of the provider's `emit`. */
  readonly onEmit: (args: readonly unknown[]) => void
  readonly settle: Running['settle']
  readonly stop: () => void
}

/** See the head of this file. */
export function createInteractions({ begin, scopes, onError }: HookOptions): Interactions {
  const saved = createSaved()
  const responses = createResponses({ onEnd: emit, onEmpty: saved.clear, onError })
  const unready = scopes.onReady(({ response }) => responses.end(response))
  let isStopped = false

  function answeredAt(provider: object, [request, response]: readonly unknown[]): Answered | null {
    if (isStopped || !isObject(request) || !isObject(response)) return null
    const known = responses.get(response)
    if (known !== undefined) return known
    const answered = openRequest(provider, request, response)
    responses.open(response, answered)
    if (!isShown(answered)) claim(request)
    return answered
  }

  /** Before its end, for others who wait for that end may come before us. */
  function claim(request: object): void {
    const served = scopes.served(request)
    if (served !== undefined) served.isClaimed = true
  }

  function emit(answered: Answered): void {
    const action = isStopped ? null : actionOf(answered)
    if (action === null) return
    const { parent, stopwatch } = answered
    const { startTimeUnixNano, stop } = stopwatch
    const ticket = begin(action, 'authorization_server', answered.request)
    try {
      const facts = answerFacts(action, answered, saved.grant)
      ticket.record(facts, { startTimeUnixNano, endTimeUnixNano: stop(), parent })
    } catch (error) {
      ticket.lose(error)
    }
  }

  return {
    onDetails: (self, args) => {
      const answered = answeredAt(self, args)
      if (answered === null) return null
      return (settled) => {
        if ('value' in settled) answered.interaction = record(settled.value)
      }
    },
    onResult: (self, args) => {
      const answered = answeredAt(self, args)
      if (answered === null) return null
      claim(answered.request)
      return (settled) => {
        if ('error' in settled) answered.failure = settled.error
        else {
          answered.result = record(args[2])
          answered.interaction = saved.interaction(settled.value) ?? answered.interaction
        }
      }
    },
    onEmit: ([event, model]) => {
      if (responses.isEmpty()) return
      if (event === 'grant.saved' || event === 'interaction.saved') saved.keep(record(model))
    },
    settle: responses.settle,
    stop: () => {
      isStopped = true
      unready()
      responses.stop()
    },
  }
}

function openRequest(provider: object, request: IncomingRequest, response: object): Answered {
  return {
    provider: record(provider),
    request,
    response,
    remoteAddress: remoteAddressOf(request),
    stopwatch: startStopwatch(),
    parent: parentOf(request.headers?.traceparent),
    interaction: null,
    result: null,
    failure: null,
  }
}

/** Grants and interactions that are saved while answers are under way. */
interface Saved {
  readonly keep: (model: Members) => void
  readonly grant: (id: string) => Members | null
  /** By `returnTo`, all that the library gives when it has saved one. */
  readonly interaction: (returnTo: unknown) => Members | null
  readonly clear: () => void
}

/** Stored things that are kept while answers are under way: one answer may never end. */
export const savedMax = 256

function createSaved(): Saved {
  const models = new Map<unknown, Members>()
  return {
    keep: (model) => {
      const key = text(model.returnTo) ?? model.jti
      models.delete(key)
      models.set(key, model)
      if (models.size > savedMax) models.delete(models.keys().next().value)
    },
    grant: (id) => models.get(id) ?? null,
    interaction: (returnTo) => models.get(returnTo) ?? null,
    clear: () => models.clear(),
  }
}
