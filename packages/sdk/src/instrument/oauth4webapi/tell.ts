// What the record of a request of oauth4webapi says.
import type { RoleClaims } from '../claims.ts'
import type { CallErrorFacts, CallFacts } from '../../facts.ts'
import { statusFailure } from '../client-call/failure.ts'
import { libraryFacts } from '../client-call/facts.ts'
import { issuerSaid } from '../client-call/issuer.ts'
import type { SeenCall } from '../client-call/library.ts'
import type { Ended } from '../client-call/promise.ts'
import { integer, type Members, record, text } from '../unknown.ts'
import { libraryFailure } from './error.ts'
import type { RequestKind } from './requests.ts'

/** What became of a Response. */
export interface Judged {
  /** Members of what was read from it. */
  readonly answer: Members
  readonly error: CallErrorFacts | null
}

/** A Response that was judged: by its result, or by why it was refused. */
export function judged({ result, error, hasFailed }: Ended): Judged {
  return { answer: record(result), error: hasFailed ? libraryFailure(error) : null }
}

/** One that nobody judged: by its status. */
export function unjudged({ result }: Ended): Judged {
  const status = integer(record(result).status) ?? 0
  return { answer: {}, error: status >= 200 && status < 300 ? null : statusFailure(status) }
}

/** The facts of a request and what became of its Response. */
export function requestFacts(
  kind: RequestKind,
  seen: SeenCall,
  { answer, error, roleClaims }: Judged & { readonly roleClaims: RoleClaims },
): CallFacts {
  const { server, clientId, form } = kind.about(seen.args)
  const isMaking = kind.action === 'oauth.discovery' || kind.action === 'oauth.register'
  const endpoints = kind.endpoint === null ? [] : [server, record(server.mtls_endpoint_aliases)]
  const facts = libraryFacts({
    action: kind.action,
    library: 'oauth4webapi',
    issuer: text(server.issuer) ?? (isMaking ? text(answer.issuer) : null),
    clientId: clientId ?? (isMaking ? text(answer.client_id) : null),
    authMethod: null,
    endpoints: endpoints.map((one) => text(one[kind.endpoint!])).filter((url) => url !== null),
    exchanges: seen.exchanges,
    form,
    answer,
    error,
    roleClaims,
  })
  // What validateAuthResponse() gave.
  const response = seen.args[3]
  const isCode = facts.parameters.grantType === 'authorization_code'
  return isCode && response instanceof URLSearchParams
    ? { ...facts, ...issuerSaid(response) }
    : facts
}

/** Why a response to an authorization request was refused. */
export function responseFacts([server, client]: readonly unknown[], error: unknown): CallFacts {
  return libraryFacts({
    action: 'oauth.authorize',
    library: 'oauth4webapi',
    issuer: text(record(server).issuer),
    clientId: text(record(client).client_id),
    authMethod: null,
    endpoints: [],
    exchanges: [],
    form: new URLSearchParams(),
    answer: {},
    error: libraryFailure(error),
    roleClaims: [],
  })
}
