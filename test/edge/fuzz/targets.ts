// All targets, by name. A new reader of foreign bytes gets a row in one of these lists.
import type { TargetSource } from './target.ts'
import { bodyTargets } from './targets/bodies.ts'
import { diskTargets } from './targets/disks.ts'
import { protocolTargets } from './targets/protocols.ts'
import { proofTargets } from './targets/proofs.ts'
import { textTargets } from './targets/texts.ts'

export const targets: readonly TargetSource[] = [
  ...bodyTargets,
  ...protocolTargets,
  ...proofTargets,
  ...diskTargets,
  ...textTargets,
]
