// All that can be made in the simulated world.
import { clientAttacks } from './clients.ts'
import type { AttackKind } from './kind.ts'
import { tokenAttacks } from './tokens.ts'

export const attacks: readonly AttackKind[] = [...tokenAttacks, ...clientAttacks]
