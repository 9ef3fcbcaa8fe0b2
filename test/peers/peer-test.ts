import { test } from '@jest/globals'
import { findPeer, HEAVY_PEERS, type PeerName } from './peers.ts'

/** Set by jest.config.mjs for `npm run test:peers -- --all`. */
const all = process.env['GRANTLOG_PEERS_ALL'] !== undefined

/**
 * A test that is skipped, with the reason in the output, when a program it needs is missing, or
 * takes longer than this run wants. `timeoutMs`: when it is not that of jest.config.mjs.
 */
export function peerTest(
  name: string,
  needs: readonly PeerName[],
  run: () => Promise<void>,
  timeoutMs?: number,
): void {
  const reasons = needs.map(reasonToSkip).filter((reason) => reason !== null)
  if (reasons.length > 0) process.stderr.write(`skipped: ${name}: ${reasons.join('; ')}\n`)
  const register = reasons.length > 0 ? test.skip : test
  register(name, run, timeoutMs)
}

function reasonToSkip(name: PeerName): string | null {
  if (!all && HEAVY_PEERS.includes(name)) return `${name}: only with --all`
  return findPeer(name).reason
}
