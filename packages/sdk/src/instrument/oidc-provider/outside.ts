// What the application does with the library's objects outside of the library's requests: it ends
// tokens, grants and sessions of its users, and gives their answers to requests that came by the
// back channel (OpenID CIBA Core section 8).
//
// Of `revokeByGrantId`, and of what an adapter deletes by itself, nothing tells.
import type { EndedFacts, InteractionFacts } from '../../facts.ts'
import { type Stopwatch, startStopwatch } from '../clock.ts'
import { fence } from '../fence.ts'
import type { HookOptions } from '../instrument.ts'
import { parentOf } from '../parent.ts'
import { isObject, type Members, record, text, texts } from '../unknown.ts'
import { grantedScope } from './answer.ts'
import { matchingCode } from './error.ts'
import { savedMax } from './interaction.ts'
import type { Settled } from './wrap.ts'

export interface Outside {
  /** Takes the provider and the arguments of its `emit`; only what is outside of a request. */
  readonly onEmit: (provider: object, args: readonly unknown[]) => void
  /** Takes `this` and the arguments of `backchannelResult`; gives what is to know its result. */
  readonly onAnswer: (provider: object, args: readonly unknown[]) => (settled: Settled) => void
  readonly stop: () => void
}

/** Events of what ended. */
const endings: Readonly<Record<string, EndedFacts['what']>> = {
  'access_token.destroyed': 'access_token',
  'client_credentials.destroyed': 'access_token',
  'refresh_token.destroyed': 'refresh_token',
  'grant.destroyed': 'grant',
  'session.destroyed': 'session',
}

const savedRequest = 'backchannel_authentication_request.saved'

/** See the head of this file. */
export function createOutside({ begin, onError }: HookOptions): Outside {
  /** Requests that were saved while answers to them are given, by their ids. */
  const saved = new Map<unknown, Members>()
  let answering = 0
  let isStopped = false

  function emit(
    facts: EndedFacts | InteractionFacts,
    { startTimeUnixNano, stop }: Stopwatch,
  ): void {
    if (isStopped) return
    const parent = fence(() => parentOf(undefined), onError)
    const occurrence = { startTimeUnixNano, endTimeUnixNano: stop(), parent }
    begin(facts.action, 'authorization_server').record(facts, occurrence)
  }

  function keep(model: Members): void {
    saved.set(model.jti, model)
    if (saved.size > savedMax) saved.delete(saved.keys().next().value)
  }

  return {
    onEmit: (provider, [event, model]) => {
      if (typeof event !== 'string' || !isObject(model)) return
      if (event === savedRequest && answering > 0) keep(record(model))
      const what = Object.hasOwn(endings, event) ? endings[event] : undefined
      if (what !== undefined) emit(endedFacts(provider, what, record(model)), startStopwatch())
    },
    onAnswer: (provider, [request, result]) => {
      const stopwatch = startStopwatch()
      answering++
      return (settled) => {
        answering--
        const model = isObject(request) ? record(request) : saved.get(request)
        if (answering === 0) saved.clear()
        if ('error' in settled || model === undefined) return
        emit(answerFacts(provider, model, record(result)), stopwatch)
      }
    },
    stop: () => {
      isStopped = true
    },
  }
}

function endedFacts(provider: object, what: EndedFacts['what'], model: Members): EndedFacts {
  const isToken = what === 'access_token' || what === 'refresh_token'
  return {
    kind: 'ended',
    action: what === 'session' ? 'oauth.end_session' : 'oauth.revoke',
    library: 'oidc-provider',
    issuer: text(record(provider).issuer),
    what,
    // Of an opaque token `jti` is the token itself; a JWT is not stored, so it is not ended.
    token: isToken ? text(model.jti) : null,
    client: clientOf(model),
    accountId: text(model.accountId),
    sessionUid: text(model.sessionUid) ?? text(model.uid),
    grantId: what === 'grant' ? text(model.jti) : text(model.grantId),
  }
}

function answerFacts(provider: object, model: Members, result: Members): InteractionFacts {
  const code = model.error === undefined ? null : matchingCode(model.error)
  const denial = code === 'access_denied' ? 'denied' : 'failure'
  return {
    kind: 'interaction',
    action: 'oauth.consent',
    library: 'oidc-provider',
    issuer: text(record(provider).issuer),
    http: null,
    client: clientOf(model),
    accountId: text(model.accountId),
    sessionUid: text(model.sessionUid),
    grantId: text(model.grantId),
    scope: {
      requested: null,
      granted: code === null ? grantedScope(result, text(model.scope)) : null,
    },
    result: code === null ? 'success' : denial,
    errorCode: code,
    reason: null,
    acr: text(model.acr),
    amr: texts(model.amr),
  }
}

function clientOf(model: Members): EndedFacts['client'] {
  const id = text(model.clientId)
  return id === null ? null : { id, name: null, authMethod: null }
}
