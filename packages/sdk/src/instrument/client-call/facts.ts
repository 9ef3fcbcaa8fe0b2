import type { CallFacts, ParameterFacts } from '../../facts.ts'
import type { Exchange } from '../scopes.ts'
import { type Members, text } from '../unknown.ts'
import { subjectIn, subjectOf, tokensOf } from './answer.ts'
import { clientOf } from './client-authentication.ts'
import { answerFailure, networkFailure } from './failure.ts'
import { parametersOf, tokenExchangeOf } from './form.ts'

/** One exchange of which nothing else is known. */
export interface PlainExchange {
  readonly action: string
  readonly library: string
  readonly exchange: Exchange & { readonly form: URLSearchParams }
  /** null: not read. */
  readonly answer: Members | null
}

/** The facts of an exchange that only its transport saw. */
export function callFacts({ action, library, exchange, answer }: PlainExchange): CallFacts {
  const { form, status } = exchange
  const client = clientOf(exchange)
  const isBroken = status === null || exchange.error !== null
  const error = isBroken ? networkFailure(exchange.error) : answerFailure(status, answer ?? {})
  const told = error === null && answer !== null ? answer : {}
  return {
    kind: 'call',
    action,
    library,
    issuer: null,
    ...whereOf(exchange),
    clientId: client.id,
    clientAuthMethod: client.authMethod,
    parameters: parametersOf(form),
    ...saidOf(action, form, told),
    error,
  }
}

/** Which server was asked, and what it answered. */
export function whereOf({
  method,
  url,
  status,
}: Pick<Exchange, 'method' | 'url' | 'status'>): Pick<CallFacts, 'server' | 'method' | 'status'> {
  const defaultPort = url.protocol === 'https:' ? 443 : 80
  const port = url.port === '' ? defaultPort : Number(url.port)
  // The brackets of an IPv6 address belong to the URL.
  return { server: { address: url.hostname.replace(/^\[|\]$/g, ''), port }, method, status }
}

/** What an answer of success said, by what was asked. */
export function saidOf(
  action: string,
  form: URLSearchParams,
  answer: Members,
): Pick<CallFacts, 'exchange' | 'token' | 'tokens' | 'subject' | 'active'> {
  const isToken = action === 'oauth.token'
  const isIntrospection = action === 'oauth.introspect'
  const value = isToken ? null : text(form.get('token'))
  return {
    exchange: isToken ? tokenExchangeOf(form, answer) : null,
    token: value === null ? null : { value, type: text(form.get('token_type_hint')) },
    tokens: isToken ? tokensOf(answer) : null,
    subject: isToken ? subjectIn(answer) : isIntrospection ? subjectOf(answer) : null,
    active: isIntrospection && typeof answer.active === 'boolean' ? answer.active : null,
  }
}

/** A request of which nobody saw the parameters. */
export const noParameters: ParameterFacts = parametersOf(new URLSearchParams())
