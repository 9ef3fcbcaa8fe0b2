import type { Endpoint, ParameterFacts } from '../../facts.ts'
import { detailTypesIn } from '../detail-types.ts'
import { attempt, isObject, record, text, texts } from '../unknown.ts'
import type { View } from './view.ts'

/** The request's parameters, reduced to what may be known. */
export function parameterFacts(view: View): ParameterFacts {
  const { endpoint, entities, params } = view
  const facts: ParameterFacts = {
    grantType: text(params.grant_type),
    responseType: text(params.response_type),
    responseMode: text(params.response_mode),
    scope: askedScope(view),
    redirectUri: text(params.redirect_uri),
    prompt: text(params.prompt),
    acrValues: text(params.acr_values),
    resources: texts(params.resource),
    codeChallengeMethod:
      text(params.code_challenge_method) ??
      text(record(entities.AuthorizationCode).codeChallengeMethod),
    hasCodeChallenge: text(params.code_challenge) !== null,
    hasCodeVerifier: text(params.code_verifier) !== null,
    hasRequestObject: text(params.request) !== null,
    hasPushedRequest:
      endpoint !== 'pushed_authorization_request' &&
      (isObject(entities.PushedAuthorizationRequest) ||
        text(record(entities.Interaction).parJti) !== null),
    refreshToken: text(params.refresh_token),
  }
  const details = params.authorization_details
  return details === undefined ? facts : { ...facts, detailTypes: detailTypesIn(details) }
}

/** Endpoints that get the request itself, not what is left of it after a page in between. */
const asking: ReadonlySet<Endpoint> = new Set([
  'authorization',
  'pushed_authorization_request',
  'token',
  'device_authorization',
  'backchannel_authentication',
])

/** As it was asked for: what the library does not know it takes out of its parameters. */
function askedScope({ ctx, endpoint, oidc, params }: View): string | null {
  const sent = asking.has(endpoint) ? record(oidc.body ?? attempt(() => ctx.query)) : {}
  // In a request object it is the same as in the parameters.
  const isInside = text(sent.request) !== null || text(sent.request_uri) !== null
  return (isInside ? null : text(sent.scope)) ?? text(params.scope)
}
