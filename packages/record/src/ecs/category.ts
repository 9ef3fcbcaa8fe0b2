// What ECS calls an action: its two arrays event.category and event.type, and event.outcome. ECS
// has closed lists for all three, and says which types each category expects.

export interface Categories {
  /** Empty for an application's own actions: ECS leaves out what it has no word for. */
  readonly category: readonly string[]
  readonly type: readonly string[]
}

const login: Categories = { category: ['authentication'], type: ['start'] }
const step: Categories = { category: ['authentication'], type: ['info'] }
const logout: Categories = { category: ['authentication', 'session'], type: ['end'] }
const fetched: Categories = { category: ['web'], type: ['access'] }

const actions: ReadonlyMap<string, Categories> = new Map([
  ['oauth.authorize', step],
  ['oauth.par', step],
  ['oauth.login', login],
  ['oauth.consent', { category: ['iam'], type: ['user', 'change'] }],
  ['oauth.token', login],
  ['oauth.introspect', step],
  ['oauth.revoke', { category: ['session'], type: ['end'] }],
  ['oauth.register', { category: ['iam'], type: ['admin', 'change'] }],
  ['oauth.device_authorization', step],
  ['oauth.device_verification', step],
  ['oauth.backchannel_authentication', step],
  ['oauth.end_session', logout],
  ['oauth.backchannel_logout', logout],
  ['oauth.token_validation', step],
  ['oauth.jwks_fetch', fetched],
  ['oauth.discovery', fetched],
  ['oauth.key_rotation', { category: ['configuration'], type: ['change'] }],
  ['audit.observed.gap', { category: ['configuration'], type: ['info'] }],
  ['audit.response.withheld', { category: ['web'], type: ['error'] }],
  ['audit.ledger.fork', { category: ['intrusion_detection'], type: ['info'] }],
])

/** Requests to a protected resource; UserInfo is one (OpenID Connect Core §5.3). */
const accesses = new Set(['oauth.resource_access', 'oauth.userinfo'])

/** `event.category` and `event.type` of `audit.action` and `audit.outcome`. */
export function categoriesOf(action: string, outcome: string): Categories {
  if (!accesses.has(action)) return actions.get(action) ?? { category: [], type: ['info'] }
  const category = ['api', 'web']
  if (outcome === 'success') return { category, type: ['access', 'allowed'] }
  return { category, type: outcome === 'denied' ? ['access', 'denied'] : ['access'] }
}

/** `event.outcome`: ECS has no denial, and a challenge has not ended either way. */
export function outcomeOf(outcome: string): 'success' | 'failure' | 'unknown' {
  if (outcome === 'success') return 'success'
  return outcome === 'failure' || outcome === 'denied' ? 'failure' : 'unknown'
}
