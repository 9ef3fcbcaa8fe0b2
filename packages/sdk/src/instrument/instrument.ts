// What every set of hooks takes and gives; instruments.ts has them all.
import type { Begin } from '../event.ts'
import type { Measures } from '../measures.ts'
import type { RoleClaims } from './claims.ts'
import type { OnHookError } from './fence.ts'
import type { Library } from './modules.ts'
import type { Scopes } from './scopes.ts'

/** What a hook is given. */
export interface HookOptions {
  readonly begin: Begin
  readonly scopes: Scopes
  readonly onError: OnHookError
  /** None: nobody measures. */
  readonly measures?: Measures
}

/** The same for hooks that see tokens validated. */
export interface TokenHookOptions extends HookOptions {
  readonly roleClaims: RoleClaims
  /** What the service's key is enrolled for; null or none: anything. */
  readonly roles?: readonly string[] | null
}

/** The hooks of one library or one part of Node. */
export interface Instrument {
  /** What has to be loaded for them. */
  readonly libraries: readonly Library[]
  /** Whether they are, or will be, called: the library was loaded, or an OAuth request was seen. */
  readonly isHooked: () => boolean
  /** Resolves with how many actions still run: when it is none, or after `timeoutMs`. */
  readonly settle: (timeoutMs: number) => Promise<number>
  /** Takes the hooks out; those that cannot go do nothing from then on. */
  readonly disable: () => void
}

export interface Instruments extends Omit<Instrument, 'libraries'> {
  /** If responses wait for their records: sends all, and then ends these waits. */
  readonly endHeld: (sendAll: () => Promise<void>) => Promise<void>
}
