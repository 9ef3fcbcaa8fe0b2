import { test } from '@jest/globals'
import { findPeer, type PeerName } from './peers.ts'

/** A test that is skipped, with the reason in the output, when a program it needs is missing. */
export function peerTest(name: string, needs: readonly PeerName[], run: () => Promise<void>): void {
  const reasons = needs.map((need) => findPeer(need).reason).filter((reason) => reason !== null)
  if (reasons.length > 0) process.stderr.write(`skipped: ${name}: ${reasons.join('; ')}\n`)
  const register = reasons.length > 0 ? test.skip : test
  register(name, run)
}
