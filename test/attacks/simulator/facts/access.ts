// What an API sees that checks its tokens with jose: facts of requests to it.
import type {
  AccessFacts,
  ChallengeFacts,
  ShownToken,
  VerifiedClaims,
} from '../../../../packages/sdk/src/facts.ts'
import type { From } from './server.ts'

/** An access token, and what it says. */
export interface Token {
  readonly value: string
  readonly claims: VerifiedClaims
}

export interface Request {
  readonly method: string
  readonly route: string
  /** Query, with its `?`. */
  readonly query?: string
  readonly status: number
  readonly bytes: number
}

export interface Shown {
  readonly from: From
  readonly request: Request
  readonly token: Token | null
  readonly endedAtS: number
  /** The code of jose and our reason, where it says no. */
  readonly fault?: { readonly code: string; readonly reason: string }
  readonly challenge?: ChallengeFacts
  /** Nobody looks at the token. */
  readonly isUnchecked?: boolean
  readonly scheme?: ShownToken['scheme']
  readonly keys?: { readonly isHit: boolean; readonly reason: 'cold' | 'expired' | null }
}

export function accessFacts(shown: Shown): AccessFacts {
  const { endedAtS, from, request, token } = shown
  const { bytes, method, query = '', route, status } = request
  return {
    kind: 'access',
    action: 'oauth.resource_access',
    http: {
      ...{ method, route, target: `${route}${query}`, status, clientAddress: null },
      ...{ peerAddress: from.address, userAgent: from.userAgent },
    },
    token: token === null ? null : shownToken(token, shown.scheme ?? 'bearer'),
    validation: validationOf(shown),
    challenge: shown.challenge ?? null,
    responseBytes: bytes,
    responseRows: null,
    isCut: false,
    endedAtS,
  }
}

function shownToken({ value }: Token, scheme: ShownToken['scheme']): ShownToken {
  return { value, type: 'access_token', scheme, location: 'header' }
}

function validationOf({ fault, isUnchecked, keys, token }: Shown): AccessFacts['validation'] {
  if (token === null || isUnchecked === true) return null
  return {
    library: 'jose',
    error: fault ?? null,
    format: 'jwt',
    header: fault === undefined ? { alg: 'ES256', kid: 'key-2026' } : { alg: null, kid: null },
    claims: fault === undefined ? token.claims : null,
    keys: keys ?? { isHit: true, reason: null },
  }
}
