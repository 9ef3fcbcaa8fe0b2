// The receiver as the one who tells the policy: what of it the credentials pin, and the way to it.
import { sign } from 'node:crypto'
import { type Policy, producerAnswerLengthMax } from '@grantlog/record'
import type { NoteVerifier } from '@grantlog/tlog'
import type { Settings } from './config.ts'
import { noteVerifier } from './export/ed25519.ts'
import { receiverClient } from './export/receiver-client.ts'
import { keptPolicy, type Trust } from './follow/answer.ts'
import { followPolicy, type FollowOptions } from './follow/follow.ts'
import { keptAnswer } from './follow/io/kept.ts'

export interface PolicySource {
  /** What it said last; null when nothing of it was kept. */
  readonly keptPolicy: () => Policy | null
  /** Follows what it says; gives what ends it. */
  readonly follow: (
    options: Pick<FollowOptions, 'isLocal' | 'notify' | 'onLimits' | 'policy'>,
  ) => () => void
}

/** Null for a malformed receipt key: the exporter says so. */
export function policySource(settings: Settings): PolicySource | null {
  const { kid, privateKey, stateDir } = settings
  const verifier = verifierOf(settings.receiptKey)
  if (verifier === null) return null
  const origin = verifier.name.replace(/\/receipt$/, '')
  const trust: Trust = { verifier, origin, kid }
  const kept = keptAnswer(stateDir, { bytesMax: producerAnswerLengthMax, origin, kid })
  return {
    keptPolicy: () => keptPolicy(kept.load(), trust),
    follow: (options) => {
      // Of its own: an answer that hangs holds up no record.
      const client = receiverClient(settings, { bytesMax: producerAnswerLengthMax })
      const unfollow = followPolicy({
        ...options,
        ...{ trust, kept, get: client.get, nowMs: Date.now },
        sign: (signingInput) => sign(null, signingInput, privateKey),
      })
      return () => {
        unfollow()
        client.close()
      }
    },
  }
}

function verifierOf(receiptKey: string): NoteVerifier | null {
  try {
    return noteVerifier(receiptKey)
  } catch {
    return null
  }
}
