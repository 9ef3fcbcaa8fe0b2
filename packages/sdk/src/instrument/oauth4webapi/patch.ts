// oauth4webapi 3 (functions of an ES module). Sending a request and judging its answer are two
// functions; a Response links them. Within a call of openid-client, which is made of these, nothing
// is recorded here.
import type { RoleClaims } from '../claims.ts'
import type { CallFacts } from '../../facts.ts'
import { type Calls, createCalls } from '../client-call/call.ts'
import { type LibraryOptions, type OnEnd, wrapCall } from '../client-call/library.ts'
import { type OnEnded, watchFunction } from '../client-call/promise.ts'
import { fence, type OnHookError } from '../fence.ts'
import type { Instrument, TokenHookOptions } from '../instrument.ts'
import { createReplacements } from '../members.ts'
import type { Library } from '../modules.ts'
import { isObject } from '../unknown.ts'
import { createValidations } from '../validations.ts'
import { validatedBy } from './access-token.ts'
import { isMisuse } from './error.ts'
import { createPendings, type Pending } from './pending.ts'
import { processors, type RequestKind, requestKinds, responseValidators } from './requests.ts'
import { type Judged, judged, requestFacts, responseFacts, unjudged } from './tell.ts'

/** See the head of this file. Nothing happens before the library is loaded. */
export function instrumentOauth4webapi(options: TokenHookOptions): Instrument {
  const { scopes, roleClaims, onError } = options
  const calls = createCalls(options)
  const replacements = createReplacements()
  let isStopped = false
  const isOff = (): boolean => isStopped || scopes.calling() !== undefined
  const requests = watchRequests({ calls, scopes, isOff, onError }, roleClaims)
  const onRefused = watchResponses(calls, isOff, onError)
  const onValidated = watchTokens(options, isOff)

  function onLoad(exports: Record<string, unknown>): void {
    // Version 2 gives what the server refused as a result; its requests are seen by the transport.
    if (typeof exports.ClientSecretBasic !== 'function') return
    const { replace } = replacements
    for (const [name, kind] of Object.entries(requestKinds)) {
      replace(exports, name, (original) => requests.wrap(original, kind))
    }
    for (const name of processors) {
      replace(exports, name, (original) => watchFunction(original, requests.judge))
    }
    for (const name of responseValidators) {
      replace(exports, name, (original) => watchFunction(original, onRefused))
    }
    replace(exports, 'validateJwtAccessToken', (original) => watchFunction(original, onValidated))
  }

  const name = 'oauth4webapi'
  const entry = /\/node_modules\/oauth4webapi\/build\/index\.js$/
  const libraries: readonly Library[] = [{ name, entry, setsMembers: true, onLoad }]
  return {
    libraries,
    isHooked: () => !replacements.isEmpty(),
    settle: async (timeoutMs) => {
      await calls.settle(timeoutMs)
      // What nobody has judged by now has its record all the same.
      requests.giveUp()
      return calls.settle(0)
    },
    disable: () => {
      isStopped = true
      calls.stop()
      requests.giveUp()
      replacements.restore()
    },
  }
}

type Begin = (args: readonly unknown[]) => OnEnded | null

/** A request ends when its Response is judged. */
function watchRequests(
  options: LibraryOptions,
  roleClaims: RoleClaims,
): {
  readonly wrap: (original: object, kind: RequestKind) => object
  readonly judge: Begin
  readonly giveUp: () => void
} {
  const { onError } = options
  const end = ({ kind, seen, open }: Pending, judgement: Judged): void =>
    void fence(() => {
      open.end(kind.action, () => requestFacts(kind, seen, { ...judgement, roleClaims }))
    }, onError)
  const pendings = createPendings((pending) => end(pending, unjudged(pending.seen)))
  const onRequested =
    (kind: RequestKind): OnEnd =>
    (seen, open) => {
      const { result, error, hasFailed, exchanges } = seen
      const pending = { kind, seen, open }
      if (!hasFailed && isObject(result)) pendings.add(result, pending)
      else if (exchanges.length === 0 && isMisuse(error)) open.drop()
      else end(pending, judged(seen))
    }
  return {
    wrap: (original, kind) => wrapCall(original, onRequested(kind), options),
    judge: (args) => {
      const pending = pendings.take(args)
      return pending && ((ended) => end(pending, judged(ended)))
    },
    giveUp: pendings.flush,
  }
}

/** Only a refusal has a record: what is accepted goes on to the token endpoint. */
function watchResponses(calls: Calls, isOff: () => boolean, onError: OnHookError): Begin {
  return (args) => {
    if (isOff()) return null
    return ({ error, hasFailed }) => {
      if (!hasFailed) return
      fence(() => {
        const facts = (): CallFacts => responseFacts(args, error)
        if (!isMisuse(error)) calls.open().end('oauth.authorize', facts)
      }, onError)
    }
  }
}

/** At a protected resource. */
function watchTokens(options: TokenHookOptions, isOff: () => boolean): Begin {
  const { roleClaims, onError } = options
  const tellValidated = createValidations(options)
  return (args) => {
    if (isOff()) return null
    const startedAtMs = performance.now()
    return (ended) => {
      fence(() => {
        const validated = validatedBy(args, ended, { roleClaims, startedAtMs })
        if (validated !== null) tellValidated(validated)
      }, onError)
    }
  }
}
