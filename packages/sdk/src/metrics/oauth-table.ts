// Metrics of OAuth itself: README.md, "Metrics". See oauth.test.ts.

export interface OAuthMetric {
  readonly kind: 'counter' | 'histogram'
  readonly unit: string
  readonly description: string
  /** Names of its dimensions. Their values are words of closed lists, or the operator's own. */
  readonly dimensions: readonly string[]
}

const request = ['audit.action', 'oauth.grant.type', 'audit.outcome', 'oauth.error.reason']

export type OAuthMetricName =
  | 'oauth.client.request.duration'
  | 'oauth.jwks.cache.requests'
  | 'oauth.jwks.fetch.duration'
  | 'oauth.resource.validation.duration'
  | 'oauth.server.request.duration'
  | 'oauth.server.tokens.issued'

export const OAUTH_METRICS: Readonly<Record<OAuthMetricName, OAuthMetric>> = {
  'oauth.server.request.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Requests to the authorization server that had a record.',
    dimensions: request,
  },
  'oauth.server.tokens.issued': {
    kind: 'counter',
    unit: '{token}',
    description: 'Tokens that the authorization server issued.',
    dimensions: ['oauth.token.type', 'oauth.grant.type', 'oauth.token.binding'],
  },
  'oauth.client.request.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Requests of OAuth that the service sent as a client.',
    dimensions: [...request, 'server.address'],
  },
  'oauth.resource.validation.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Validations of tokens, with the wait for a key if there was one.',
    dimensions: ['oauth.library.name', 'audit.outcome', 'oauth.error.reason'],
  },
  'oauth.jwks.fetch.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Requests of a key set for its keys.',
    dimensions: ['audit.outcome'],
  },
  'oauth.jwks.cache.requests': {
    kind: 'counter',
    unit: '{request}',
    description: 'Questions to a key set for a key.',
    dimensions: ['oauth.jwks.cache_hit', 'oauth.jwks.refetch_reason'],
  },
}
