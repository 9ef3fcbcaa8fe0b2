import type { ParameterFacts } from '../../facts.ts'
import { isObject, record, text, texts } from '../unknown.ts'
import type { View } from './view.ts'

/** The request's parameters, reduced to what may be known. */
export function parameterFacts({ endpoint, entities, oidc, params }: View): ParameterFacts {
  const body = endpoint === 'token' ? record(oidc.body) : {}
  return {
    grantType: text(params.grant_type),
    responseType: text(params.response_type),
    responseMode: text(params.response_mode),
    // As it was asked for: the library takes out of its parameters what it does not know.
    scope: text(body.scope) ?? text(params.scope),
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
}
