// What is left behind because the receiver tells the authorization server what rules found.
import type { ExpectedRecord } from './expectation/expectation.ts'
import { login } from './expectation/sequences.ts'

/**
 * When it was told that bob's refresh token is used by two: it ends his session, in a request of
 * the receiver, which belongs to no step.
 */
export const leftByAlerts: readonly ExpectedRecord[] = [
  { service: 'login', action: 'oauth.end_session', outcome: 'success', says: { user: '$bob' } },
]

/** When bob comes again, then. */
export const leftByComingAgain: readonly ExpectedRecord[] = [
  login('authorize', 'challenge', { client: 'web', user: null }),
]
