// Which steps of the demo's traffic are attacks, or the end of one. All others are usual.
import type { StepName } from '../../../../examples/demo/traffic/traffic.ts'

/** By the row that each is of. Steps of the same row and `part` are one attack. */
export const attacksOfDemo: ReadonlyMap<StepName, { readonly row: number; readonly part: string }> =
  new Map([
    ['code replay', { row: 1, part: 'code' }],
    ['refresh after replay', { row: 1, part: 'code' }],
    ['PKCE wrong', { row: 2, part: 'verifier' }],
    ['PKCE missing', { row: 3, part: 'missing' }],
    ['foreign redirect', { row: 4, part: 'foreign' }],
    ['refresh token stolen', { row: 10, part: 'refresh' }],
    ['refresh after theft', { row: 10, part: 'refresh' }],
    ['denied for audience', { row: 13, part: 'audience' }],
    ['use after revocation', { row: 23, part: 'revoked' }],
    ['refresh after revocation', { row: 23, part: 'refresh' }],
    ['forged token', { row: 31, part: 'forged' }],
    ['never validated', { row: 31, part: 'believed' }],
    ['denied for role', { row: 32, part: 'role' }],
    ['machine without a role', { row: 32, part: 'machine' }],
    ['denied for scope', { row: 32, part: 'scope' }],
  ])
