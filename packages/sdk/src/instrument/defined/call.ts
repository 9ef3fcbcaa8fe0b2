// What a client library asked of somebody else.
import type { CallErrorFacts, CallFacts } from '../../facts.ts'
import { subjectOf } from '../client-call/answer.ts'
import { networkFailure, protocolFailure, statusFailure } from '../client-call/failure.ts'
import { libraryFacts } from '../client-call/facts.ts'
import type { SeenCall } from '../client-call/library.ts'
import type { RoleClaims } from '../claims.ts'
import { type Members, record, text, texts } from '../unknown.ts'

/** One request to an authorization server, or to a resource; what is left out is not known. */
export interface ToldCall {
  readonly action: string
  readonly issuer?: string | null
  readonly clientId?: string | null
  /** As the client is registered, for what a request does not show. */
  readonly authMethod?: string | null
  /** URLs of what was asked: a library may have to fetch keys, too. */
  readonly endpoints?: readonly string[]
  /** Of the request, by their names in it, where its transport shows none. */
  readonly parameters?: Members
  /** Members of the answer, by their names in it. */
  readonly answer?: unknown
  /** The token was there already, and nobody was asked for it. */
  readonly isCached?: boolean
  /** Of a log-in, what the configuration calls the site where it was. */
  readonly idp?: string | null
  /** Claims of the user whom it concerns, by default those of the ID token in the answer. */
  readonly subject?: Members
  /** By default what the call threw. */
  readonly error?: CallErrorFacts | null
}

interface Called {
  readonly library: string
  readonly seen: SeenCall
  readonly roleClaims: RoleClaims
}

export function callFacts(told: ToldCall, { library, seen, roleClaims }: Called): CallFacts {
  const { action, issuer = null, clientId = null, authMethod = null, endpoints = [] } = told
  const error = told.error === undefined ? errorOf(seen) : told.error
  const facts = libraryFacts({
    ...{ action, library, issuer, clientId, authMethod, endpoints, roleClaims, error },
    exchanges: seen.exchanges,
    form: seen.form ?? formOf(told.parameters ?? {}),
    answer: error === null ? record(told.answer) : {},
  })
  const { isCached, idp = null, subject } = told
  return { ...facts, isCached, idp, subject: subjectOf(subject) ?? facts.subject }
}

/** A request as a form; what is no text is left out. */
export function formOf(parameters: Members): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of texts(value)) form.append(name, one)
  }
  return form
}

/** Libraries pass on the code of the answer as `error`, and of a status often nothing. */
function errorOf({ hasFailed, error, exchanges }: SeenCall): CallErrorFacts | null {
  if (!hasFailed) return null
  const code = text(record(error).error)
  if (code !== null) return protocolFailure(code)
  const status = exchanges.at(-1)?.status ?? 0
  return status >= 400 ? statusFailure(status) : networkFailure(error)
}
